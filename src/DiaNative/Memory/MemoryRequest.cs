using System.Runtime.CompilerServices;

namespace DiaNative;

/// <summary>What is to be spoken, for <see cref="DiaModel.EstimateMemory"/>.</summary>
public sealed record MemoryRequest
{
    /// <summary>Utterances at a time, 1 to 65536.</summary>
    /// <value>Default 1.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int RowCount { get; init => field = From(value, 1, 1 << 16); } = 1;

    /// <summary>Tokens of the longest text, at least 1: bytes of UTF-8, a speaker tag being one. With a voice, its transcript counts.</summary>
    /// <value>Default <see langword="null"/>: the most that the model reads.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? TextLength { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Frames of the longest audio prompt or voice, 0 to 1048576.</summary>
    /// <value>Default 0: none.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public int PromptFrames { get; init => field = From(value, 0, 1 << 20); }

    /// <summary>How it is spoken: the limits of the length, guidance, threads and the type of the caches count.</summary>
    /// <value>Default: the model's defaults.</value>
    public GenerationOptions Generation { get; init; } = new();

    private static int From(int value, int minimum, int maximum, [CallerMemberName] string name = "") =>
        value >= minimum && value <= maximum ? value : throw OptionCheck.OutOfRange(name, value, $"from {minimum} to {maximum}");
}
