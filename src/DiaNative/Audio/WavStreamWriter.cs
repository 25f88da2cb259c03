using System.Globalization;

namespace DiaNative;

/// <summary>
/// Writes a WAV file piece by piece, while its audio is made. Where the stream cannot be sought in, such as a response of HTTP, the
/// header leaves the length open, as players of endless streams expect; otherwise the last step is to fill it in.
/// </summary>
/// <example>
/// <code>
/// await using var writer = new WavStreamWriter(File.Create("hello.wav"), sampleRate: 44100);
/// await writer.WriteAsync(first);
/// await writer.WriteAsync(second);
/// await writer.CompleteAsync();
/// </code>
/// </example>
public sealed class WavStreamWriter : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly bool _leaveOpen;
    private readonly long _start;
    private long _samples;
    private bool _began;
    private bool _completed;

    /// <summary>Creates a writer. Nothing is written before the first piece.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="sampleRate">Samples per second of every piece, in Hz; at least 1.</param>
    /// <param name="format">How samples are stored; integers clip beyond [-1, 1].</param>
    /// <param name="leaveOpen">Whether the stream stays open when the writer is disposed of.</param>
    /// <exception cref="ArgumentException">The stream cannot be written to.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The rate is below 1, or the format is none.</exception>
    public WavStreamWriter(Stream stream, int sampleRate, WavFormat format = WavFormat.Pcm16, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        _ = WavWriter.BytesPerSample(format);
        if (!stream.CanWrite)
        {
            throw new ArgumentException("The stream cannot be written to.", nameof(stream));
        }

        _stream = stream;
        _leaveOpen = leaveOpen;
        _start = stream.CanSeek ? stream.Position : 0;
        SampleRate = sampleRate;
        Format = format;
    }

    /// <summary>Samples per second, in Hz.</summary>
    public int SampleRate { get; }

    /// <summary>How samples are stored.</summary>
    public WavFormat Format { get; }

    /// <summary>Audio that was written.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)_samples / SampleRate);

    /// <summary>Writes a piece behind those before it.</summary>
    /// <param name="audio">The piece; may be empty.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>The running operation.</returns>
    /// <exception cref="ArgumentException">The piece has another rate.</exception>
    /// <exception cref="InvalidOperationException">The file is complete.</exception>
    /// <exception cref="IOException">The stream cannot be written to.</exception>
    public async Task WriteAsync(AudioBuffer audio, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audio);
        if (audio.SampleRate != SampleRate)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"The piece has {audio.SampleRate} Hz; the file has {SampleRate} Hz."), nameof(audio));
        }

        if (_completed)
        {
            throw new InvalidOperationException("The file is complete; nothing can be written behind it.");
        }

        await BeginAsync(cancellationToken).ConfigureAwait(false);
        await _stream.WriteAsync(audio.ToBytes(Format), cancellationToken).ConfigureAwait(false);
        _samples += audio.Samples.Length;
    }

    /// <summary>Ends the file: fills in its length where the stream can be sought in. May be called twice.</summary>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>The running operation.</returns>
    /// <exception cref="NotSupportedException">The file is larger than 4 GiB.</exception>
    /// <exception cref="IOException">The stream cannot be written to.</exception>
    public async Task CompleteAsync(CancellationToken cancellationToken = default)
    {
        if (_completed)
        {
            return;
        }

        await BeginAsync(cancellationToken).ConfigureAwait(false);
        if (_samples * WavWriter.BytesPerSample(Format) % 2 != 0)
        {
            await _stream.WriteAsync(new byte[1], cancellationToken).ConfigureAwait(false); // Chunks begin at even offsets.
        }

        if (_stream.CanSeek)
        {
            long end = _stream.Position;
            _stream.Position = _start;
            await _stream.WriteAsync(WavWriter.Header(_samples, SampleRate, Format), cancellationToken).ConfigureAwait(false);
            _stream.Position = end;
        }

        await _stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        _completed = true;
    }

    /// <summary>Closes the stream, if it is not to stay open. A file that was not completed has an open length.</summary>
    /// <returns>The running operation.</returns>
    public ValueTask DisposeAsync() => _leaveOpen ? ValueTask.CompletedTask : _stream.DisposeAsync();

    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        if (!_began)
        {
            await _stream.WriteAsync(WavWriter.Header(sampleCount: null, SampleRate, Format), cancellationToken).ConfigureAwait(false);
            _began = true;
        }
    }
}
