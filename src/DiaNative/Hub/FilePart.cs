using System.Globalization;
using System.IO.Pipelines;
using System.Net;

namespace DiaNative;

/// <summary>
/// A stretch of a file on its way: fetched by one request, and by further ones where the connection is cut, into a pipe from which it
/// is written. Parts are fetched side by side and written one after another.
/// </summary>
internal sealed class FilePart
{
    private const int ReadSize = 64 * 1024;

    private readonly HubClient _client;
    private readonly HubSource _source;
    private readonly TransferMeter.FileMeter _meter;
    private readonly long _first;
    private readonly long _end;
    private readonly bool _isWholeFile;
    private readonly Pipe _pipe;

    /// <summary>Describes the bytes from <paramref name="first"/> to before <paramref name="end"/>.</summary>
    /// <param name="client">Sends the requests.</param>
    /// <param name="source">The file.</param>
    /// <param name="meter">Is told what arrives.</param>
    /// <param name="first">First byte.</param>
    /// <param name="end">The byte after the last one.</param>
    /// <param name="isWholeFile">Whether this is the file, which is then asked for without a range.</param>
    internal FilePart(HubClient client, HubSource source, TransferMeter.FileMeter meter, long first, long end, bool isWholeFile)
    {
        _client = client;
        _source = source;
        _meter = meter;
        _first = first;
        _end = end;
        _isWholeFile = isWholeFile;
        // A part fits, so that fetching it never waits for those before it; a whole file may be larger and is written as it comes.
        int partSize = client.Settings.Options.PartSize;
        _pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 2L * partSize, resumeWriterThreshold: partSize, minimumSegmentSize: ReadSize, useSynchronizationContext: false));
    }

    /// <summary>The bytes in their order.</summary>
    internal PipeReader Reader => _pipe.Reader;

    /// <summary>Fetches the bytes. What goes wrong is thrown by <see cref="Reader"/>.</summary>
    internal async Task FetchAsync(SemaphoreSlim connections, CancellationToken cancellationToken)
    {
        try
        {
            await connections.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await FetchAllAsync(cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                connections.Release();
            }

            await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        }
#pragma warning disable CA1031 // It is handed to the one who reads.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            await _pipe.Writer.CompleteAsync(exception).ConfigureAwait(false);
        }
    }

    private async Task FetchAllAsync(CancellationToken cancellationToken)
    {
        long position = _first;
        var retry = new HubRetry(_client.Settings, _source.Subject.ToString());
        await retry.RunAsync(
            async () =>
            {
                using HttpResponseMessage response =
                    await _source.OpenAsync(position, _end - 1, _isWholeFile, cancellationToken).ConfigureAwait(false);
                if (!_isWholeFile && response.StatusCode != HttpStatusCode.PartialContent)
                {
                    throw new RangeIgnoredException();
                }

                Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
                if (_isWholeFile)
                {
                    await SkipAsync(stream, position, cancellationToken).ConfigureAwait(false);
                }

                while (position < _end)
                {
                    Memory<byte> buffer = _pipe.Writer.GetMemory(ReadSize);
                    int wanted = (int)Math.Min(buffer.Length, _end - position);
                    int count = await _client.ReadAsync(stream, buffer[..wanted], cancellationToken).ConfigureAwait(false);
                    if (count == 0)
                    {
                        throw new HubFailure(string.Create(
                            CultureInfo.InvariantCulture, $"the connection ended at byte {position}, expected {_end}"));
                    }

                    position += count;
                    _pipe.Writer.Advance(count);
                    _meter.AddDownloaded(count);
                    retry.Reset();
                    await _pipe.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                }

                return true;
            },
            cancellationToken).ConfigureAwait(false);
    }

    // A server without ranges begins anew after a cut.
    private async Task SkipAsync(Stream stream, long count, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[ReadSize];
        while (count > 0)
        {
            int read = await _client.ReadAsync(stream, buffer.AsMemory(0, (int)Math.Min(buffer.Length, count)), cancellationToken).ConfigureAwait(false);
            count -= read > 0 ? read : throw new HubFailure("the connection ended early");
        }
    }
}
