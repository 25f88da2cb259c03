using DiaNative;

namespace SpeechServer;

/// <summary>What a request has in its body.</summary>
/// <param name="Text">The script.</param>
/// <param name="Seed">Makes the same speech again.</param>
/// <param name="MaxSeconds">Most seconds of audio.</param>
internal sealed record SpeechBody(string Text, ulong? Seed = null, double? MaxSeconds = null)
{
    /// <exception cref="ArgumentException">A number is out of its range.</exception>
    internal GenerationOptions ToOptions() => new()
    {
        Seed = Seed,
        MaxDuration = MaxSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
    };
}
