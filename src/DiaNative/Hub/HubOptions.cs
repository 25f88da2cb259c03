using System.Globalization;
using Microsoft.Extensions.Logging;

namespace DiaNative;

/// <summary>How <see cref="DiaHub"/> reaches the hub, and where it keeps what it downloads.</summary>
public sealed record HubOptions
{
    /// <summary>Requests at a time, for parts of one file and for several files; from 1 to 32.</summary>
    /// <value>Default 4. Up to twice as many parts of 8 MiB are held in memory.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside its range.</exception>
    public int Connections
    {
        get;
        init => field = value is >= 1 and <= 32 ? value : throw OptionCheck.OutOfRange(nameof(Connections), value, "from 1 to 32");
    } = 4;

    /// <summary>Attempts after a failure that may pass, counted anew whenever data has arrived; from 0 to 100.</summary>
    /// <value>Default 5. Between them lie 0.5, 1, 2, ... seconds, drawn at random around that, or what the server asks for.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is outside its range.</exception>
    public int MaxRetries
    {
        get;
        init => field = value is >= 0 and <= 100 ? value : throw OptionCheck.OutOfRange(nameof(MaxRetries), value, "from 0 to 100");
    } = 5;

    /// <summary>Address of the hub.</summary>
    /// <value>Default <see langword="null"/>: the variable <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</value>
    public Uri? Endpoint { get; init; }

    /// <summary>Opens private and gated repositories. It is sent to <see cref="Endpoint"/> alone, and never logged.</summary>
    /// <value>
    /// Default <see langword="null"/>: the variable <c>HF_TOKEN</c>, else the file that <c>hf auth login</c> writes. An empty text sends none.
    /// </value>
    public string? Token { get; init; }

    /// <summary>The cache, in the layout of Python's <c>huggingface_hub</c>, which can share it.</summary>
    /// <value>
    /// Default <see langword="null"/>: the variable <c>HF_HUB_CACHE</c>, else <c>hub</c> in <c>HF_HOME</c>, else
    /// <c>~/.cache/huggingface/hub</c>.
    /// </value>
    public string? CacheDirectory { get; init; }

    /// <summary>Whether only the cache is used and the network is not.</summary>
    /// <value>Default <see langword="null"/>: the variable <c>HF_HUB_OFFLINE</c>, else no.</value>
    public bool? Offline { get; init; }

    /// <summary>Receives the log. Addresses are logged without their query, which may hold a signature.</summary>
    /// <value>Default <see langword="null"/>: no log.</value>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The wait before the first retry; each further one doubles it.</summary>
    internal TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Without a byte for so long, a connection counts as cut.</summary>
    internal TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes of a request where a file takes several, once a few have come.</summary>
    internal int PartSize { get; init; } = 8 * 1024 * 1024;

    /// <summary>Bytes of the first requests. They grow with what has come, so that a line that is cut often loses little.</summary>
    internal int FirstPartSize { get; init; } = 1024 * 1024;

    /// <summary>Whether the cache may hold symbolic links; without them it holds files.</summary>
    internal bool UseSymbolicLinks { get; init; } = true;

    /// <summary>The options as text. The token is no part of it.</summary>
    /// <returns>Every option that <see cref="DiaHub"/> reads, and whether a token is given.</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{nameof(HubOptions)} {{ Connections = {Connections}, MaxRetries = {MaxRetries}, Endpoint = {Endpoint}, Token = {(Token is null ? "" : "(given)")}, " +
        $"CacheDirectory = {CacheDirectory}, Offline = {Offline} }}");
}
