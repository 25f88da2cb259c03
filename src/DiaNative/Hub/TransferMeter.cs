using System.Diagnostics;

namespace DiaNative;

/// <summary>Counts what arrives, from any thread, and reports it a few times a second.</summary>
internal sealed class TransferMeter(IProgress<HubProgress>? progress)
{
    // The speed that is shown follows that of about the last seconds.
    private const double SmoothingSeconds = 3;

    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private long _total;
    private long _done;
    private long _downloaded;
    private int _files;
    private int _filesDone;
    private long _lastReport = Stopwatch.GetTimestamp();
    private long _lastDownloaded;
    private double _bytesPerSecond;

    /// <summary>There is a file to fetch, or to find in the cache.</summary>
    internal FileMeter Expect(long size)
    {
        lock (_lock)
        {
            _files++;
            _total += size;
        }

        return new FileMeter(this);
    }

    private void Add(long present, long downloaded)
    {
        lock (_lock)
        {
            _done += present + downloaded;
            _downloaded += downloaded;
            TimeSpan elapsed = Stopwatch.GetElapsedTime(_lastReport);
            if (elapsed >= s_interval)
            {
                Report(elapsed);
            }
        }
    }

    private void AddFile()
    {
        lock (_lock)
        {
            _filesDone++;
            Report(Stopwatch.GetElapsedTime(_lastReport));
        }
    }

    private void Report(TimeSpan elapsed)
    {
        // Reports that follow each other at once tell nothing about the speed.
        if (elapsed >= s_interval)
        {
            double now = (_downloaded - _lastDownloaded) / elapsed.TotalSeconds;
            double weight = _bytesPerSecond == 0 ? 1 : 1 - Math.Exp(-elapsed.TotalSeconds / SmoothingSeconds);
            _bytesPerSecond += weight * (now - _bytesPerSecond);
            _lastReport = Stopwatch.GetTimestamp();
            _lastDownloaded = _downloaded;
        }

        progress?.Report(new HubProgress(HubStage.Downloading, new ByteProgress(_done, _total), _filesDone, _files, _bytesPerSecond));
    }

    /// <summary>One file's share.</summary>
    internal sealed class FileMeter(TransferMeter meter)
    {
        private long _done;
        private long _downloaded;

        /// <summary>Bytes of this file that came over the network.</summary>
        internal long Downloaded => Interlocked.Read(ref _downloaded);

        /// <summary>Bytes were in the cache already.</summary>
        internal void AddPresent(long bytes)
        {
            Interlocked.Add(ref _done, bytes);
            meter.Add(bytes, 0);
        }

        /// <summary>Bytes have arrived.</summary>
        internal void AddDownloaded(int bytes)
        {
            Interlocked.Add(ref _done, bytes);
            Interlocked.Add(ref _downloaded, bytes);
            meter.Add(0, bytes);
        }

        /// <summary>The file has to be fetched anew.</summary>
        internal void Restart() => meter.Add(-Interlocked.Exchange(ref _done, 0), 0);

        /// <summary>The file is complete.</summary>
        internal void Complete() => meter.AddFile();
    }
}
