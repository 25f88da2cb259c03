namespace DiaNative.LoopbackHub;

/// <summary>A request as it came in, and what was sent for it.</summary>
/// <param name="IsStorage">Whether it came to the storage and not to the hub.</param>
/// <param name="Path">The path, unescaped.</param>
/// <param name="Authorization">The header, or empty.</param>
/// <param name="Range">The header, or empty.</param>
/// <param name="IfRange">The header, or empty.</param>
public sealed record ReceivedRequest(bool IsStorage, string Path, string Authorization, string Range, string IfRange)
{
    private long _bytesSent;

    public int Status { get; internal set; }

    /// <summary>Bytes of a file that were handed to the network.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    internal void AddSent(int bytes) => Interlocked.Add(ref _bytesSent, bytes);
}
