using System.Globalization;

namespace DiaNative;

/// <summary>A piece of mono audio. Immutable.</summary>
public sealed class AudioBuffer
{
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
