using System.Globalization;

namespace DiaNative;

/// <summary>Reads streams that may be longer than anybody expects, or have no end.</summary>
internal static class BoundedReader
{
    private const int BlockSize = 64 * 1024;

    /// <summary>Reads a stream to its end.</summary>
    /// <exception cref="DiaFileException">It has more than <paramref name="limit"/> bytes, of which no more are read.</exception>
    internal static async ValueTask<ReadOnlyMemory<byte>> ReadAllAsync(
        Stream stream, int limit, bool async, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var bytes = new MemoryStream();
        byte[] block = new byte[BlockSize];
        while (true)
        {
            // One byte beyond the limit tells whether there is more.
            Memory<byte> room = block.AsMemory(0, (int)Math.Min(block.Length, limit - bytes.Length + 1));
            int count = async ? await stream.ReadAsync(room, cancellationToken).ConfigureAwait(false) : stream.Read(room.Span);
            if (count == 0)
            {
                return bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
            }

            if (bytes.Length + count > limit)
            {
                throw new DiaFileException(
                    DiaErrorCode.Unsupported,
                    string.Create(CultureInfo.InvariantCulture, $"The stream has more than {limit} bytes; at most {limit} are read."));
            }

            bytes.Write(room.Span[..count]);
        }
    }
}
