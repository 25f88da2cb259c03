using System.Runtime.CompilerServices;

namespace DiaNative;

/// <summary>How speech is cut into pieces as it is spoken.</summary>
public sealed record StreamingOptions
{
    private const int MostBufferedChunks = 1024;

    /// <summary>The first piece, in whole frames of 1/86 second: short, so that playing begins soon. Above 0, at most one minute.</summary>
    /// <value>Default 0.25 seconds.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0 and at most one minute.</exception>
    public TimeSpan FirstChunkDuration { get; init => field = Checked(value); } = TimeSpan.FromSeconds(0.25);

    /// <summary>The other pieces; the last one may be shorter. Above 0, at most one minute.</summary>
    /// <value>Default 1 second.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0 and at most one minute.</exception>
    public TimeSpan ChunkDuration { get; init => field = Checked(value); } = TimeSpan.FromSeconds(1);

    /// <summary>Pieces that wait for the consumer at most, from 1 to 1024; then the model waits too.</summary>
    /// <value>Default 4.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 1 to 1024.</exception>
    public int BufferedChunks
    {
        get;
        init => field = value is >= 1 and <= MostBufferedChunks
            ? value
            : throw OptionCheck.OutOfRange(nameof(BufferedChunks), value, $"from 1 to {MostBufferedChunks}");
    } = 4;

    private static TimeSpan Checked(TimeSpan value, [CallerMemberName] string name = "") =>
        value > TimeSpan.Zero && value <= TimeSpan.FromMinutes(1)
            ? value
            : throw OptionCheck.OutOfRange(name, value, "above 0 and at most one minute");
}
