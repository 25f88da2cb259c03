using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace DiaNative;

/// <summary>
/// Turns work that produces items on a thread of its own into a stream. The work waits while <c>capacity</c> items are not taken, and
/// stops when the consumer stops.
/// </summary>
internal static class BackgroundStream
{
    /// <param name="produce">The work.</param>
    /// <param name="capacity">Items that wait at most.</param>
    /// <param name="endsWhenCancelled">
    /// Whether the stream goes on until the work has ended after <paramref name="cancellationToken"/> was cancelled; otherwise it throws
    /// at once.
    /// </param>
    /// <param name="cancellationToken">Stops the work.</param>
    internal static async IAsyncEnumerable<T> Run<T>(
        Action<StreamSink<T>> produce,
        int capacity,
        bool endsWhenCancelled,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Channel<T> channel = Channel.CreateBounded<T>(new BoundedChannelOptions(capacity) { SingleReader = true, SingleWriter = true });
        using var abandoned = new CancellationTokenSource();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, abandoned.Token);
        Task work = NativeWork.Run(() => Work(produce, channel.Writer, stop.Token, abandoned.Token, cancellationToken), CancellationToken.None);
        try
        {
            CancellationToken reading = endsWhenCancelled ? CancellationToken.None : cancellationToken;
            await foreach (T item in channel.Reader.ReadAllAsync(reading).ConfigureAwait(false))
            {
                reading.ThrowIfCancellationRequested(); // the channel gives what it holds without asking
                yield return item;
            }
        }
        finally
        {
            await abandoned.CancelAsync().ConfigureAwait(false);
            await work.ConfigureAwait(false);
        }
    }

    // Hands every exception to the reader; throws nothing.
    private static void Work<T>(
        Action<StreamSink<T>> produce,
        ChannelWriter<T> writer,
        CancellationToken stop,
        CancellationToken abandoned,
        CancellationToken cancellationToken)
    {
        try
        {
            produce(new StreamSink<T>(item => writer.WriteAsync(item, abandoned).AsTask().GetAwaiter().GetResult(), stop, abandoned));
            writer.Complete();
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            writer.Complete(new OperationCanceledException(exception.Message, exception, cancellationToken));
        }
#pragma warning disable CA1031 // The consumer gets it.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            writer.Complete(exception);
        }
    }
}
