namespace DiaNative;

/// <summary>What all files of a download share: how many requests run at a time, and how many parts are held in memory.</summary>
internal sealed class TransferLimits(int connections) : IDisposable
{
    internal SemaphoreSlim Connections { get; } = new(connections);

    /// <summary>
    /// More than there are connections, so that a part that waits for its turn to be written does not keep a connection idle. Every file
    /// takes these in the order of its parts, so the one that is to be written next always has one.
    /// </summary>
    internal SemaphoreSlim Parts { get; } = new(2 * connections);

    public void Dispose()
    {
        Connections.Dispose();
        Parts.Dispose();
    }
}
