using System.Globalization;

namespace DiaNative;

/// <summary>The architecture of the DAC codec. The defaults are those of <c>descript/dac_44khz</c>.</summary>
public sealed record DacConfig
{
    /// <summary>Channels of the encoder's first convolution.</summary>
    /// <value>Default 64.</value>
    public int EncoderHiddenSize { get; init; } = 64;

    /// <summary>Strides of the encoder's blocks.</summary>
    /// <value>Default 2, 4, 8, 8.</value>
    public IReadOnlyList<int> DownsamplingRatios { get; init; } = [2, 4, 8, 8];

    /// <summary>Strides of the decoder's blocks.</summary>
    /// <value>Default 8, 8, 4, 2.</value>
    public IReadOnlyList<int> UpsamplingRatios { get; init; } = [8, 8, 4, 2];

    /// <summary>Channels of the decoder's first convolution.</summary>
    /// <value>Default 1536.</value>
    public int DecoderHiddenSize { get; init; } = 1536;

    /// <summary>Width of the latent.</summary>
    /// <value>Default 1024.</value>
    public int HiddenSize { get; init; } = 1024;

    /// <summary>Samples per frame: the product of the ratios.</summary>
    /// <value>Default 512.</value>
    public int HopLength { get; init; } = 512;

    /// <summary>Residual quantizers: codes per frame. <c>n_codebooks</c> in JSON.</summary>
    /// <value>Default 9.</value>
    public int NumCodebooks { get; init; } = 9;

    /// <summary>Codes per quantizer.</summary>
    /// <value>Default 1024.</value>
    public int CodebookSize { get; init; } = 1024;

    /// <summary>Width of a code vector.</summary>
    /// <value>Default 8.</value>
    public int CodebookDim { get; init; } = 8;

    /// <summary>Samples per second, in Hz.</summary>
    /// <value>Default 44100.</value>
    public int SamplingRate { get; init; } = 44100;

    /// <summary>Frames per second of audio: 86.1328125 by default.</summary>
    public double FrameRate => (double)SamplingRate / HopLength;

    /// <summary>Reads a <c>config.json</c>. What it does not state has the reference's default, which for
    /// <c>sampling_rate</c> is 16000 and for the widths and the hop length follows from the other fields.</summary>
    /// <param name="json">The text of the file.</param>
    /// <returns>The validated configuration.</returns>
    /// <exception cref="DiaConfigException">The text is no JSON, or <see cref="Validate"/> fails.</exception>
    public static DacConfig FromJson(string json) => ConfigJson.ReadDac(json);

    /// <summary>Writes a <c>config.json</c>.</summary>
    /// <returns>Indented JSON.</returns>
    public string ToJson() => ConfigJson.WriteDac(this);

    /// <summary>Checks every number, and that the ratios fit the hop length.</summary>
    /// <exception cref="DiaConfigException">Something is out of its range; the message names it.</exception>
    public void Validate()
    {
        const string Section = "dac";
        ConfigCheck.AtLeast(Section, "encoder_hidden_size", EncoderHiddenSize, 1);
        ConfigCheck.AtLeast(Section, "decoder_hidden_size", DecoderHiddenSize, 1);
        ConfigCheck.AtLeast(Section, "hidden_size", HiddenSize, 1);
        ConfigCheck.AtLeast(Section, "n_codebooks", NumCodebooks, 1);
        ConfigCheck.AtLeast(Section, "codebook_size", CodebookSize, 1);
        ConfigCheck.AtLeast(Section, "codebook_dim", CodebookDim, 1);
        ConfigCheck.AtLeast(Section, "sampling_rate", SamplingRate, 1);
        CheckRatios("downsampling_ratios", DownsamplingRatios);
        CheckRatios("upsampling_ratios", UpsamplingRatios);
    }

    private void CheckRatios(string name, IReadOnlyList<int> ratios)
    {
        long product = 1;
        foreach (int ratio in ratios)
        {
            ConfigCheck.Within("dac", name, ratio, 1, 1024);
            product = Math.Min(product * ratio, int.MaxValue);
        }

        if (product != HopLength)
        {
            throw new DiaConfigException(string.Create(CultureInfo.InvariantCulture,
                $"dac.hop_length is {HopLength}, but the product of {name} is {product}; both must be equal."));
        }
    }

    /// <summary>Compares all values, the entries of the ratios included.</summary>
    /// <param name="other">What to compare with.</param>
    /// <returns>Whether all values are equal.</returns>
    public bool Equals(DacConfig? other) =>
        other is not null &&
        EncoderHiddenSize == other.EncoderHiddenSize &&
        DecoderHiddenSize == other.DecoderHiddenSize &&
        HiddenSize == other.HiddenSize &&
        HopLength == other.HopLength &&
        NumCodebooks == other.NumCodebooks &&
        CodebookSize == other.CodebookSize &&
        CodebookDim == other.CodebookDim &&
        SamplingRate == other.SamplingRate &&
        DownsamplingRatios.SequenceEqual(other.DownsamplingRatios) &&
        UpsamplingRatios.SequenceEqual(other.UpsamplingRatios);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(EncoderHiddenSize, DecoderHiddenSize, HiddenSize, HopLength, NumCodebooks);
}
