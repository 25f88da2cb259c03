using System.Globalization;
using DiaNative.Interop;

namespace DiaNative;

/// <summary>A piece of mono audio. Immutable.</summary>
/// <example>
/// <code>
/// AudioBuffer prompt = AudioBuffer.Load("prompt.mp3", sampleRate: 44100).TrimSilence();
/// Console.WriteLine($"{prompt.Duration.TotalSeconds:F1} s, peak {prompt.PeakDecibels:F1} dB");
/// prompt[..441000].SaveWav("ten seconds.wav");
/// </code>
/// </example>
public sealed class AudioBuffer
{
    private const int MaxFileSize = 1 << 30;
    private const int MaxChannels = 6;
    private const float DefaultSilence = 0.001f;
    private const double MinSpeed = 0.1;
    private const double MaxSpeed = 5;

    // Only the ratio of two rates counts, so a high one leaves room for many decimals of a speed.
    private const int TapeRate = 100_000;

    private static readonly TimeSpan s_defaultKeep = TimeSpan.FromMilliseconds(50);

    /// <summary>Wraps samples, without copying them.</summary>
    /// <param name="samples">Mono samples, nominally in [-1, 1]; must not change afterwards.</param>
    /// <param name="sampleRate">Samples per second, in Hz; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sampleRate"/> is below 1.</exception>
    /// <exception cref="ArgumentException">A sample is a NaN or an infinity.</exception>
    public AudioBuffer(ReadOnlyMemory<float> samples, int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sampleRate, 1);
        CheckFinite(samples.Span);
        Samples = samples;
        SampleRate = sampleRate;
    }

    /// <summary>The samples: mono, nominally in [-1, 1].</summary>
    public ReadOnlyMemory<float> Samples { get; }

    /// <summary>Samples per second, in Hz: 44100 for Dia.</summary>
    public int SampleRate { get; }

    /// <summary>The length in time.</summary>
    public TimeSpan Duration => TimeSpan.FromTicks((long)Math.Round((double)Samples.Length / SampleRate * TimeSpan.TicksPerSecond));

    /// <summary>How many samples there are.</summary>
    public int Length => Samples.Length;

    /// <summary>The largest absolute sample; 0 for empty audio. 1 is full scale.</summary>
    public float Peak
    {
        get
        {
            float peak = 0;
            foreach (float sample in Samples.Span)
            {
                peak = Math.Max(peak, Math.Abs(sample));
            }

            return peak;
        }
    }

    /// <summary>The root mean square of the samples; 0 for empty audio.</summary>
    public float Rms
    {
        get
        {
            double sum = 0;
            foreach (float sample in Samples.Span)
            {
                sum += (double)sample * sample;
            }

            return Samples.IsEmpty ? 0 : (float)Math.Sqrt(sum / Samples.Length);
        }
    }

    /// <summary><see cref="Peak"/> in dB relative to full scale: 0 is full scale, negative infinity silence.</summary>
    public double PeakDecibels => ToDecibels(Peak);

    /// <summary><see cref="Rms"/> in dB relative to full scale: -3 for a sine of full scale, negative infinity for silence.</summary>
    public double RmsDecibels => ToDecibels(Rms);

    /// <summary>
    /// Reads a sound file: WAV, FLAC or MP3, told apart by its content; 1 to 6 channels, which are averaged; 1000 to 384000 Hz; at most
    /// ten minutes and 1 GiB.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="sampleRate">
    /// Samples per second to convert to, as <see cref="Resample"/> does; <see langword="null"/> keeps those of the file.
    /// </param>
    /// <returns>The audio; not empty.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">
    /// The file is malformed, truncated or empty, holds a NaN or an infinity, is of another format, or goes beyond these limits.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sampleRate"/> is not from 1000 to 768000.</exception>
    public static AudioBuffer Load(string path, int? sampleRate = null)
    {
        ModelPath.RequireFile(path, "a sound file");
        CheckRate(sampleRate, nameof(sampleRate));
        using AudioHandle audio = AudioHandle.Load(path, sampleRate ?? 0);
        return audio.ToBuffer();
    }

    /// <summary>Reads a sound file from a stream, to its end. See <see cref="Load(string, int?)"/>.</summary>
    /// <param name="stream">The bytes of the file; stays open. After 1 GiB no more are read.</param>
    /// <param name="sampleRate">
    /// Samples per second to convert to, as <see cref="Resample"/> does; <see langword="null"/> keeps those of the file.
    /// </param>
    /// <returns>The audio; not empty.</returns>
    /// <exception cref="IOException">The stream cannot be read.</exception>
    /// <exception cref="DiaFileException">
    /// The file is malformed, truncated or empty, holds a NaN or an infinity, is of another format, or goes beyond the limits.
    /// </exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sampleRate"/> is not from 1000 to 768000.</exception>
    public static AudioBuffer Load(Stream stream, int? sampleRate = null)
    {
        CheckRate(sampleRate, nameof(sampleRate));
        return Decode(
            BoundedReader.ReadAllAsync(stream, MaxFileSize, async: false, CancellationToken.None).AsTask().GetAwaiter().GetResult(), sampleRate);
    }

    /// <inheritdoc cref="Load(string, int?)"/>
    /// <summary>Reads a sound file, off the caller's thread. See <see cref="Load(string, int?)"/>.</summary>
    /// <param name="path">The file.</param>
    /// <param name="sampleRate">
    /// Samples per second to convert to, as <see cref="Resample"/> does; <see langword="null"/> keeps those of the file.
    /// </param>
    /// <param name="cancellationToken">Is looked at before the file is read.</param>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    public static Task<AudioBuffer> LoadAsync(string path, int? sampleRate = null, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Load(path, sampleRate), cancellationToken);

    /// <inheritdoc cref="Load(Stream, int?)"/>
    /// <param name="stream">The bytes of the file; stays open. After 1 GiB no more are read.</param>
    /// <param name="sampleRate">
    /// Samples per second to convert to, as <see cref="Resample"/> does; <see langword="null"/> keeps those of the file.
    /// </param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    public static async Task<AudioBuffer> LoadAsync(Stream stream, int? sampleRate = null, CancellationToken cancellationToken = default)
    {
        CheckRate(sampleRate, nameof(sampleRate));
        ReadOnlyMemory<byte> file =
            await BoundedReader.ReadAllAsync(stream, MaxFileSize, async: true, cancellationToken).ConfigureAwait(false);
        return await NativeWork.Run(() => Decode(file, sampleRate), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Averages the channels of interleaved samples.</summary>
    /// <param name="samples">One sample per channel, then the next ones; nominally in [-1, 1].</param>
    /// <param name="channels">How many channels there are; from 1 to 6.</param>
    /// <param name="sampleRate">Samples per second and channel, in Hz; at least 1.</param>
    /// <returns>Mono audio.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    /// <exception cref="ArgumentException">
    /// The samples are no whole number of frames of <paramref name="channels"/>, or one is a NaN or an infinity.
    /// </exception>
    public static AudioBuffer FromInterleaved(ReadOnlySpan<float> samples, int channels, int sampleRate)
    {
        if (channels is < 1 or > MaxChannels)
        {
            throw OptionCheck.OutOfRange(nameof(channels), channels, $"from 1 to {MaxChannels}");
        }

        if (samples.Length % channels != 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{samples.Length} samples are no whole number of frames of {channels} channels."),
                nameof(samples));
        }

        float[] mono = new float[samples.Length / channels];
        for (int i = 0; i < mono.Length; i++)
        {
            double sum = 0;
            foreach (float sample in samples.Slice(i * channels, channels))
            {
                sum += sample;
            }

            mono[i] = (float)(sum / channels);
        }

        return new AudioBuffer(mono, sampleRate);
    }

    /// <summary>
    /// Changes the sampling rate by a windowed sinc: what lies below 0.89 of the lower Nyquist frequency is kept within 0.001 dB, what lies
    /// above that frequency is removed by 90 dB or more.
    /// </summary>
    /// <param name="sampleRate">Samples per second of the result, in Hz; from 1000 to 768000.</param>
    /// <returns>Audio of the same duration, rounded up to a whole sample; this one if it has that rate.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="sampleRate"/> is not from 1000 to 768000.</exception>
    /// <exception cref="InvalidOperationException">The rate of this audio is not from 1000 to 768000.</exception>
    public AudioBuffer Resample(int sampleRate)
    {
        CheckRate(sampleRate, nameof(sampleRate));
        return sampleRate == SampleRate ? this : new AudioBuffer(Resampled(sampleRate), sampleRate);
    }

    /// <summary>A part of the audio, without copying the samples. With it, <c>audio[start..end]</c> counts samples.</summary>
    /// <param name="start">First sample.</param>
    /// <param name="length">How many samples.</param>
    /// <returns>The part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the audio.</exception>
    public AudioBuffer Slice(int start, int length)
    {
        if (start < 0 || length < 0 || start > Length - length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start),
                start,
                string.Create(CultureInfo.InvariantCulture, $"{length} samples from {start} on are not within the {Length} samples of the audio."));
        }

        return new AudioBuffer(Samples.Slice(start, length), SampleRate);
    }

    /// <summary>A part of the audio, without copying the samples. Times are rounded to whole samples.</summary>
    /// <param name="start">Where it begins.</param>
    /// <param name="duration">How long it is; <see langword="null"/> for all that follows.</param>
    /// <returns>The part.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the audio.</exception>
    public AudioBuffer Slice(TimeSpan start, TimeSpan? duration = null)
    {
        int first = ToSamples(start, nameof(start));
        return Slice(first, duration is { } given ? ToSamples(given, nameof(duration)) : Math.Max(0, Length - first));
    }

    /// <summary>Leaves out what is silent at the beginning and at the end.</summary>
    /// <param name="threshold">Samples up to this absolute value count as silent; from 0 to 1. Default 0.001, which is -60 dB.</param>
    /// <param name="keep">How much of the silence stays on each side; not negative. <see langword="null"/>: 50 ms.</param>
    /// <returns>The part that is left; empty audio if everything is silent.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    public AudioBuffer TrimSilence(float threshold = DefaultSilence, TimeSpan? keep = null)
    {
        OptionCheck.Between((double)threshold, 0, 1, nameof(threshold));
        int kept = ToSamples(keep ?? s_defaultKeep, nameof(keep));
        int first = Samples.Span.IndexOfAnyExceptInRange(-threshold, threshold);
        if (first < 0)
        {
            return Slice(0, 0);
        }

        int last = Samples.Span.LastIndexOfAnyExceptInRange(-threshold, threshold);
        int begin = Math.Max(0, first - kept);
        int end = (int)Math.Min(Length, last + 1L + kept);
        return Slice(begin, end - begin);
    }

    /// <summary>Makes the audio faster or slower.</summary>
    /// <param name="factor">Above 1 for faster and shorter, below 1 for slower and longer; from 0.1 to 5.</param>
    /// <param name="preservePitch">
    /// Whether the pitch stays, by laying pieces of the waveform over each other; otherwise it changes with the speed, as that of a tape does.
    /// </param>
    /// <returns>Audio of the same rate, whose duration is that of this one divided by <paramref name="factor"/>.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="factor"/> is not from 0.1 to 5.</exception>
    public AudioBuffer ChangeSpeed(double factor, bool preservePitch = true)
    {
        if (OptionCheck.Between(factor, MinSpeed, MaxSpeed, nameof(factor)) == 1)
        {
            return this;
        }

        float[] samples = preservePitch
            ? TimeStretch.Stretch(Samples.Span, SampleRate, factor)
            : NativeResampler.Resample(Samples.Span, (int)Math.Round(factor * TapeRate), TapeRate);
        return new AudioBuffer(samples, SampleRate);
    }

    /// <summary>
    /// Writes a WAV file. It appears under its name only when it is complete; an existing file is replaced.
    /// </summary>
    /// <param name="path">Where to write; the folder must exist.</param>
    /// <param name="format">How samples are stored; integers clip beyond [-1, 1].</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public void SaveWav(string path, WavFormat format = WavFormat.Pcm16) =>
        AtomicFile.WriteAsync(path, async: false, stream =>
        {
            SaveWav(stream, format);
            return Task.CompletedTask;
        }).GetAwaiter().GetResult();

    /// <summary>Writes a WAV file to a stream, which need not be seekable and stays open.</summary>
    /// <param name="stream">Where to write.</param>
    /// <param name="format">How samples are stored; integers clip beyond [-1, 1].</param>
    public void SaveWav(Stream stream, WavFormat format = WavFormat.Pcm16)
    {
        ArgumentNullException.ThrowIfNull(stream);
        WavWriter.Write(stream, Samples, SampleRate, format);
    }

    /// <inheritdoc cref="SaveWav(string, WavFormat)"/>
    /// <param name="path">Where to write; the folder must exist.</param>
    /// <param name="format">How samples are stored; integers clip beyond [-1, 1].</param>
    /// <param name="cancellationToken">Stops writing; nothing is left behind then.</param>
    /// <returns>The running operation.</returns>
    public Task SaveWavAsync(string path, WavFormat format = WavFormat.Pcm16, CancellationToken cancellationToken = default) =>
        AtomicFile.WriteAsync(path, async: true, stream => SaveWavAsync(stream, format, cancellationToken));

    /// <inheritdoc cref="SaveWav(Stream, WavFormat)"/>
    /// <param name="stream">Where to write.</param>
    /// <param name="format">How samples are stored; integers clip beyond [-1, 1].</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>The running operation.</returns>
    public Task SaveWavAsync(Stream stream, WavFormat format = WavFormat.Pcm16, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return WavWriter.WriteAsync(stream, Samples, SampleRate, format, cancellationToken);
    }

    /// <summary>Joins pieces of audio.</summary>
    /// <param name="pieces">The pieces in order, all of one rate; at least one.</param>
    /// <param name="pause">Silence between two pieces; not negative.</param>
    /// <returns>One piece.</returns>
    /// <exception cref="ArgumentException">There is no piece, or two have different rates.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The pause is negative, or all is longer than an array can be.</exception>
    public static AudioBuffer Concatenate(IEnumerable<AudioBuffer> pieces, TimeSpan pause = default)
    {
        ArgumentNullException.ThrowIfNull(pieces);
        AudioBuffer[] all = [.. pieces];
        if (all.Length == 0)
        {
            throw new ArgumentException("There is no audio to join; at least one piece is needed.", nameof(pieces));
        }

        if (Array.Find(all, piece => piece.SampleRate != all[0].SampleRate) is { } other)
        {
            throw new ArgumentException(
                $"A piece has {other.SampleRate} Hz, the first one {all[0].SampleRate} Hz; {nameof(Resample)} changes a rate.", nameof(pieces));
        }

        long silence = all[0].ToSamples(pause, nameof(pause));
        long length = all.Sum(piece => (long)piece.Samples.Length) + (silence * (all.Length - 1));
        if (length > Array.MaxLength)
        {
            throw OptionCheck.OutOfRange(nameof(pieces), length, $"at most {Array.MaxLength} samples");
        }

        float[] samples = new float[length];
        long position = 0;
        foreach (AudioBuffer piece in all)
        {
            piece.Samples.CopyTo(samples.AsMemory((int)position));
            position += piece.Samples.Length + silence;
        }

        return new AudioBuffer(samples, all[0].SampleRate);
    }

    /// <summary>The samples as a WAV file stores them, without its header: for players and protocols that want them raw.</summary>
    /// <param name="format">How samples are stored, little-endian; integers clip beyond [-1, 1].</param>
    /// <returns>Two, three or four bytes per sample.</returns>
    public byte[] ToBytes(WavFormat format = WavFormat.Pcm16) => WavWriter.Encode(Samples.Span, format);

    private static AudioBuffer Decode(ReadOnlyMemory<byte> file, int? sampleRate)
    {
        using AudioHandle audio = AudioHandle.Load(file.Span, sampleRate ?? 0);
        return audio.ToBuffer();
    }

    private static double ToDecibels(float value) => 20 * Math.Log10(value);

    private static void CheckRate(int? sampleRate, string name)
    {
        if (sampleRate is < NativeResampler.MinRate or > NativeResampler.MaxRate)
        {
            throw OptionCheck.OutOfRange(name, sampleRate, $"from {NativeResampler.MinRate} to {NativeResampler.MaxRate}");
        }
    }

    private float[] Resampled(int sampleRate)
    {
        if (SampleRate is < NativeResampler.MinRate or > NativeResampler.MaxRate)
        {
            throw new InvalidOperationException(
                $"The audio has {SampleRate} Hz; only {NativeResampler.MinRate} to {NativeResampler.MaxRate} Hz can be resampled.");
        }

        return NativeResampler.Resample(Samples.Span, SampleRate, sampleRate);
    }

    private int ToSamples(TimeSpan time, string name)
    {
        double samples = Math.Round(time.TotalSeconds * SampleRate);
        return samples is >= 0 and <= int.MaxValue
            ? (int)samples
            : throw OptionCheck.OutOfRange(name, time, "not negative and not beyond all audio");
    }

    private static void CheckFinite(ReadOnlySpan<float> samples)
    {
        for (int i = 0; i < samples.Length; i++)
        {
            if (!float.IsFinite(samples[i]))
            {
                throw new ArgumentException(
                    string.Create(CultureInfo.InvariantCulture, $"Sample {i} of {samples.Length} is {samples[i]}; every sample must be finite."),
                    nameof(samples));
            }
        }
    }
}
