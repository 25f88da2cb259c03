using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// The positions that <see cref="DiaModel.Forward"/> has run so far, with their keys and values and the encoded texts: what a next call goes
/// on behind, and adds its own positions to. Made by a call with <see cref="DiaForwardInputs.UseCache"/>.
/// </summary>
/// <remarks>
/// A cache serves one call at a time; a second one at the same time throws <see cref="InvalidOperationException"/>. A call that fails or is
/// cancelled leaves it as it was.
/// </remarks>
public sealed class KeyValueCache : IDisposable
{
    private readonly Row[] _rows;
    private int _inUse;
    private volatile bool _isDisposed;

    internal KeyValueCache(DiaModel model, IReadOnlyList<EncodedText> texts, int threads)
    {
        ModelHandle = model.Handle;
        var rows = new List<Row>(texts.Count);
        try
        {
            foreach (EncodedText text in texts)
            {
                rows.Add(new Row(DecoderHandle.Create(text.Handle, threads, model.Config.MaxPositions), text.Layout));
            }
        }
        catch
        {
            rows.ForEach(row => row.Decoder.Dispose());
            throw;
        }

        _rows = [.. rows];
    }

    /// <summary>Rows of the batch.</summary>
    public int Count => _rows.Length;

    /// <summary>Positions so far, padding included.</summary>
    public int Length { get; private set; }

    internal ModelHandle ModelHandle { get; }

    internal IReadOnlyList<Row> Rows => _rows;

    /// <summary>Forgets all positions but the first ones.</summary>
    /// <param name="length">Positions to keep, padding included; from 0 to <see cref="Length"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer positions.</exception>
    /// <exception cref="InvalidOperationException">A call uses the cache.</exception>
    /// <exception cref="ObjectDisposedException">The cache was disposed of.</exception>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        using Usage usage = Enter();
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length);
        RestoreTo(length);
    }

    /// <summary>Frees the cache. May be called twice; a call that uses it is stopped and throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        foreach (Row row in _rows)
        {
            row.Decoder.ShutDown();
        }
    }

    /// <summary>Takes the cache for one call.</summary>
    /// <exception cref="InvalidOperationException">Another call uses it.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed of.</exception>
    internal Usage Enter()
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        return Interlocked.CompareExchange(ref _inUse, 1, 0) == 0
            ? new Usage(this)
            : throw new InvalidOperationException("The cache is in use on another thread; it serves one call at a time.");
    }

    internal bool IsDisposed => _isDisposed;

    /// <summary>Adds positions that all rows have run; the places of each row are added by itself.</summary>
    internal void Advance(int count) => Length += count;

    /// <summary>Drops whatever is behind a length, also in rows that are ahead of the others.</summary>
    internal void RestoreTo(int length)
    {
        Length = length;
        foreach (Row row in _rows)
        {
            row.Places.RemoveAll(place => place >= length);
            row.Decoder.Truncate(row.Places.Count);
        }
    }

    /// <summary>One row.</summary>
    /// <param name="Decoder">Holds the keys and values of the places.</param>
    /// <param name="Text">What it speaks.</param>
    internal sealed record Row(DecoderHandle Decoder, TextLayout Text)
    {
        /// <summary>Positions that are no padding, in order.</summary>
        public List<int> Places { get; } = [];
    }

    /// <summary>Ends the use of the cache.</summary>
    internal readonly struct Usage(KeyValueCache cache) : IDisposable
    {
        public void Dispose() => Volatile.Write(ref cache._inUse, 0);
    }
}
