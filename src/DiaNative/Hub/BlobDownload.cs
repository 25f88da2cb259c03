using System.IO.Pipelines;
using System.Security.Cryptography;
using System.Threading.Channels;

namespace DiaNative;

/// <summary>
/// Downloads one file. Parts are fetched side by side, yet written in their order, so that an unfinished file is always a beginning of
/// the finished one: its length alone says where to go on, whoever began it. The hash is computed on the way.
/// </summary>
internal sealed class BlobDownload(HubClient client, HubSource source, HubFile file, TransferLimits limits, TransferMeter.FileMeter meter)
{
    private const int ReadSize = 1024 * 1024;
    private const int UnixNoSpace = 28;
    private const int WindowsDiskFull = unchecked((int)0x80070070);

    /// <summary>Completes what lies at <paramref name="incompletePath"/> and moves it to <paramref name="path"/>. The caller holds the lock.</summary>
    /// <exception cref="DiaHubException">The hub refuses or fails, the contents are wrong, or the disk is full.</exception>
    internal async Task RunAsync(string incompletePath, string path, CancellationToken cancellationToken)
    {
        try
        {
            bool ranges = true;
            while (await FetchAsync(incompletePath, ranges, cancellationToken).ConfigureAwait(false) is { } failure)
            {
                Log.HubStartsAnew(client.Settings.Logger, source.Subject.ToString(), failure.Message);
                ranges = ranges && failure is not RangeIgnoredException;
                meter.Restart();
                File.Delete(incompletePath);
            }

            File.Move(incompletePath, path, overwrite: true);
        }
        catch (IOException exception) when (exception.HResult == (OperatingSystem.IsWindows() ? WindowsDiskFull : UnixNoSpace))
        {
            throw new DiaHubException(
                DiaHubError.NoSpace,
                $"{source.Subject}: the disk with '{Path.GetDirectoryName(path)}' is full. Free some space; the same call goes on from where it was.",
                exception);
        }
    }

    // Null if all is well; the reason if the file has to be fetched from its beginning.
    private async Task<Exception?> FetchAsync(string incompletePath, bool ranges, CancellationToken cancellationToken)
    {
        var output = new FileStream(
            incompletePath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        await using (output.ConfigureAwait(false))
        {
            if (output.Length > file.Size)
            {
                output.SetLength(0);
            }

            bool resumed = output.Length > 0;
            using IncrementalHash hash = file.CreateHash();
            try
            {
                await HashPresentAsync(output, hash, cancellationToken).ConfigureAwait(false);
                await AppendAsync(output, hash, ranges, cancellationToken).ConfigureAwait(false);
            }
            catch (RangeIgnoredException exception) when (ranges)
            {
                return exception;
            }

            string found = Convert.ToHexStringLower(hash.GetHashAndReset());
            if (found == file.BlobId)
            {
                output.Flush(flushToDisk: true);
                return null;
            }

            var mismatch = new DiaHubException(
                DiaHubError.HashMismatch,
                $"{source.Subject}: the hash of what was downloaded is {found}, expected {file.BlobId}. It is thrown away; try again.");
            if (resumed)
            {
                // What was there before may have been damaged.
                return mismatch;
            }

            File.Delete(incompletePath);
            throw mismatch;
        }
    }

    private async Task HashPresentAsync(FileStream output, IncrementalHash hash, CancellationToken cancellationToken)
    {
        meter.AddPresent(output.Length);
        byte[] buffer = new byte[(int)Math.Min(ReadSize, output.Length)];
        while (await output.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int count)
        {
            hash.AppendData(buffer, 0, count);
        }
    }

    private async Task AppendAsync(FileStream output, IncrementalHash hash, bool ranges, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var started = new List<(FilePart Part, Task Fetching)>();
        var queue = Channel.CreateUnbounded<FilePart>();
        int written = 0;
        Task starting = StartPartsAsync(output.Position, ranges, started, queue.Writer, stop.Token);
        try
        {
            await foreach (FilePart part in queue.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                await WriteAsync(part.Reader, output, hash, cancellationToken).ConfigureAwait(false);
                written++;
                limits.Parts.Release();
            }
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await starting.ConfigureAwait(false);
            await Task.WhenAll(started.Select(part => part.Fetching)).ConfigureAwait(false);
            foreach ((FilePart part, _) in started)
            {
                await part.Reader.CompleteAsync().ConfigureAwait(false);
            }

            if (started.Count > written)
            {
                limits.Parts.Release(started.Count - written);
            }
        }
    }

    // Never throws: what goes wrong ends the queue.
    private async Task StartPartsAsync(
        long position, bool ranges, List<(FilePart Part, Task Fetching)> started, ChannelWriter<FilePart> queue, CancellationToken cancellationToken)
    {
        try
        {
            HubOptions options = client.Settings.Options;
            long first = position;
            while (position < file.Size)
            {
                await limits.Parts.WaitAsync(cancellationToken).ConfigureAwait(false);
                bool whole = position == 0 && (!ranges || file.Size <= options.FirstPartSize);
                long partSize = Math.Clamp((position - first) / options.Connections, options.FirstPartSize, options.PartSize);
                long end = whole ? file.Size : Math.Min(position + partSize, file.Size);
                var part = new FilePart(client, source, meter, position, end, whole);
                started.Add((part, part.FetchAsync(limits.Connections, cancellationToken)));
                queue.TryWrite(part);
                position = end;
            }

            queue.Complete();
        }
        catch (OperationCanceledException exception)
        {
            queue.Complete(exception);
        }
    }

    private static async Task WriteAsync(PipeReader reader, FileStream output, IncrementalHash hash, CancellationToken cancellationToken)
    {
        while (true)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            foreach (ReadOnlyMemory<byte> segment in result.Buffer)
            {
                await output.WriteAsync(segment, cancellationToken).ConfigureAwait(false);
                hash.AppendData(segment.Span);
            }

            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
