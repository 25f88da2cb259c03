namespace DiaNative.LoopbackHub;

/// <summary>What goes wrong with a request. Nothing that is left out does.</summary>
public sealed record Fault
{
    /// <summary>The status to answer with, instead of what was asked for.</summary>
    public int? Status { get; init; }

    /// <summary>Headers to add or to replace.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    /// <summary>The contents to answer with, instead of what was asked for.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Bytes of a file after which the connection is cut.</summary>
    public int? CutAfter { get; init; }

    /// <summary>Bytes of a file after which nothing more comes, and the connection stays open.</summary>
    public int? StallAfter { get; init; }

    /// <summary>Whether the whole file is sent where a part was asked for.</summary>
    public bool IgnoreRange { get; init; }

    /// <summary>Byte of the file that is sent wrongly.</summary>
    public int? DamageAt { get; init; }

    public static Fault Answer(int status, params (string Name, string Value)[] headers) =>
        new() { Status = status, Headers = headers.ToDictionary(header => header.Name, header => header.Value) };
}
