using System.Globalization;

namespace DiaNative;

/// <summary>
/// Puts audio into the shape that the codec's encoder reads: mono, of one rate, filled up to whole frames. The samples stay as they are:
/// nothing is normalised. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// var extractor = new DiaFeatureExtractor(samplingRate: 44100);
/// AudioFeatures features = extractor.Extract(AudioBuffer.Load("prompt.wav"), new ExtractOptions { Resample = true });
/// </code>
/// </example>
public sealed class DiaFeatureExtractor
{
    private const int Stereo = 2;

    /// <summary>Creates an extractor.</summary>
    /// <param name="featureSize">Channels that bare samples may have: 1, or 2 of which the average is taken.</param>
    /// <param name="samplingRate">Samples per second, in Hz; at least 1. Dia needs 44100.</param>
    /// <param name="paddingValue">What audio is filled up with; finite.</param>
    /// <param name="hopLength">Samples of a frame; at least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    public DiaFeatureExtractor(int featureSize = 1, int samplingRate = 16000, float paddingValue = 0, int hopLength = 512)
    {
        if (featureSize is not (1 or Stereo))
        {
            throw OptionCheck.OutOfRange(nameof(featureSize), featureSize, "1 or 2");
        }

        if (!float.IsFinite(paddingValue))
        {
            throw OptionCheck.OutOfRange(nameof(paddingValue), paddingValue, "finite");
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(samplingRate, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hopLength, 1);
        FeatureSize = featureSize;
        SamplingRate = samplingRate;
        PaddingValue = paddingValue;
        HopLength = hopLength;
    }

    /// <summary>Channels that bare samples may have: 1 or 2.</summary>
    public int FeatureSize { get; }

    /// <summary>Samples per second, in Hz.</summary>
    public int SamplingRate { get; }

    /// <summary>What audio is filled up with.</summary>
    public float PaddingValue { get; }

    /// <summary>Samples of a frame.</summary>
    public int HopLength { get; }

    /// <summary>Prepares one piece of audio.</summary>
    /// <param name="audio">The audio; may be empty.</param>
    /// <param name="options">How to prepare it; <see langword="null"/> for the defaults.</param>
    /// <returns>Features with one row.</returns>
    /// <exception cref="ArgumentException">
    /// The audio has another rate and is not to be resampled, or options exclude each other.
    /// </exception>
    public AudioFeatures Extract(AudioBuffer audio, ExtractOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(audio);
        return Extract([audio], options);
    }

    /// <summary>Prepares several pieces of audio.</summary>
    /// <param name="audio">The pieces; at least one. Each may be empty.</param>
    /// <param name="options">How to prepare them; <see langword="null"/> for the defaults.</param>
    /// <returns>Features with one row per piece.</returns>
    /// <exception cref="ArgumentException">
    /// There is no audio, a piece has another rate and is not to be resampled, pieces that are not to be filled up have different lengths, or
    /// options exclude each other.
    /// </exception>
    public AudioFeatures Extract(IEnumerable<AudioBuffer> audio, ExtractOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(audio);
        options ??= new ExtractOptions();
        Check(options);
        ReadOnlyMemory<float>[] rows = [.. audio.Select((piece, i) => Truncated(AtSamplingRate(piece, i, options.Resample).Samples, options))];
        if (rows.Length == 0)
        {
            throw new ArgumentException("There is no audio to prepare; at least one piece is needed.", nameof(audio));
        }

        return Filled(rows, PaddedLength(rows, options));
    }

    /// <summary>Prepares bare samples, of which <see cref="ExtractOptions.SamplingRate"/> must tell the rate.</summary>
    /// <param name="channels">Samples, [channels, length].</param>
    /// <param name="options">How to prepare them.</param>
    /// <returns>Features with one row.</returns>
    /// <exception cref="ArgumentException">
    /// There are more channels than <see cref="FeatureSize"/> and they are not to be averaged, a sample is a NaN or an infinity, the rate is
    /// not given or another one and not to be resampled, or options exclude each other.
    /// </exception>
    public AudioFeatures Extract(float[,] channels, ExtractOptions options)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentNullException.ThrowIfNull(options);
        int samplingRate = options.SamplingRate ?? throw new ArgumentException(
            $"Bare samples do not tell their rate: {nameof(ExtractOptions)}.{nameof(ExtractOptions.SamplingRate)} must.", nameof(options));
        int count = channels.GetLength(0);
        if (!options.DownMix && (count < 1 || count > FeatureSize))
        {
            throw new ArgumentException(
                $"The audio has {count} channels; {(FeatureSize == Stereo ? "1 or 2 are" : "1 is")} expected. " +
                $"{nameof(ExtractOptions.DownMix)} averages them.",
                nameof(channels));
        }

        AudioBuffer audio = AudioBuffer.FromInterleaved(Interleaved(channels), count, samplingRate);
        return Extract([audio], options with { SamplingRate = options.Resample ? null : samplingRate });
    }

    /// <summary>The audio at the rate of this extractor.</summary>
    /// <param name="audio">The audio.</param>
    /// <param name="index">Its number, for the message.</param>
    /// <param name="resample">Whether another rate is changed instead of being refused.</param>
    internal AudioBuffer AtSamplingRate(AudioBuffer? audio, int index, bool resample)
    {
        if (audio is null)
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Audio {index} is null."), nameof(audio));
        }

        if (audio.SampleRate == SamplingRate)
        {
            return audio;
        }

        return resample
            ? audio.Resample(SamplingRate)
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Audio {index} has {audio.SampleRate} Hz; {SamplingRate} Hz are needed. ") +
                $"Resample({SamplingRate}), or the option Resample, converts it.",
                nameof(audio));
    }

    private void Check(ExtractOptions options)
    {
        if (options.SamplingRate is { } rate && rate != SamplingRate)
        {
            throw new ArgumentException($"SamplingRate is {rate} Hz; this extractor is for {SamplingRate} Hz.", nameof(options));
        }

        if (options.Truncate && options.Padding is not (null or PaddingStrategy.None))
        {
            throw new ArgumentException("Padding and Truncate exclude each other.", nameof(options));
        }

        if (options.MaxLength is null && (options.Truncate || options.Padding == PaddingStrategy.MaxLength))
        {
            throw new ArgumentException(
                $"{(options.Truncate ? "Truncate" : "PaddingStrategy.MaxLength")} needs a MaxLength, which is not given.", nameof(options));
        }
    }

    private ReadOnlyMemory<float> Truncated(ReadOnlyMemory<float> samples, ExtractOptions options) =>
        options.Truncate && samples.Length > WholeFrames(options.MaxLength!.Value) ? samples[..WholeFrames(options.MaxLength.Value)] : samples;

    private int PaddedLength(ReadOnlyMemory<float>[] rows, ExtractOptions options)
    {
        int longest = rows.Max(row => row.Length);
        switch (options.Padding ?? PaddingStrategy.Longest)
        {
            case PaddingStrategy.None:
                return rows.All(row => row.Length == longest)
                    ? longest
                    : throw new ArgumentException(
                        $"Without padding all audio must have one length, not {string.Join(", ", rows.Select(row => row.Length))} samples.");
            case PaddingStrategy.MaxLength:
                int length = WholeFrames(options.MaxLength!.Value);
                return longest <= length
                    ? length
                    : throw new ArgumentException($"The longest audio has {longest} samples, more than the {length} to fill up to.");
            default:
                return WholeFrames(longest);
        }
    }

    private int WholeFrames(int samples) => checked((int)(((samples + (long)HopLength - 1) / HopLength) * HopLength));

    private AudioFeatures Filled(ReadOnlyMemory<float>[] rows, int length)
    {
        var values = new float[rows.Length, 1, length];
        var mask = new int[rows.Length, length];
        for (int row = 0; row < rows.Length; row++)
        {
            Span<float> target = values.Flat().Slice(row * length, length);
            rows[row].Span.CopyTo(target);
            target[rows[row].Length..].Fill(PaddingValue);
            mask.Row(row)[..rows[row].Length].Fill(1);
        }

        return new AudioFeatures(values, mask, SamplingRate);
    }

    private static float[] Interleaved(float[,] channels)
    {
        int count = channels.GetLength(0);
        int length = channels.GetLength(1);
        float[] samples = new float[count * length];
        for (int channel = 0; channel < count; channel++)
        {
            for (int i = 0; i < length; i++)
            {
                samples[(i * count) + channel] = channels[channel, i];
            }
        }

        return samples;
    }
}
