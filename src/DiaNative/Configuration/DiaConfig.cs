using System.Globalization;

namespace DiaNative;

/// <summary>
/// The architecture of a Dia model, as its <c>config.json</c> states it. The defaults are those of Dia-1.6B.
/// </summary>
public sealed record DiaConfig
{
    /// <summary>The text encoder.</summary>
    /// <value>Default: a new <see cref="DiaEncoderConfig"/>.</value>
    public DiaEncoderConfig Encoder { get; init; } = new();

    /// <summary>The audio decoder, including the ids of the special tokens.</summary>
    /// <value>Default: a new <see cref="DiaDecoderConfig"/>.</value>
    public DiaDecoderConfig Decoder { get; init; } = new();

    /// <summary>Added to the mean square in RMSNorm, where encoder and decoder do not state their own.</summary>
    /// <value>Default 1e-5.</value>
    public float NormEps { get; init; } = 1e-5f;

    /// <summary>Positions by which each channel is shifted against the audio; one entry per channel.</summary>
    /// <value>Default 0, 8, 9, 10, 11, 12, 13, 14, 15.</value>
    public IReadOnlyList<int> DelayPattern { get; init; } = [0, 8, 9, 10, 11, 12, 13, 14, 15];

    /// <summary>Standard deviation of the initial weights; only for training.</summary>
    /// <value>Default 0.02.</value>
    public float InitializerRange { get; init; } = 0.02f;

    /// <summary>Whether the reference keeps keys and values; this library always does.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool UseCache { get; init; } = true;

    /// <summary>Dia is an encoder-decoder model: always <see langword="true"/>.</summary>
#pragma warning disable CA1822 // A property of every configuration in the reference.
    public bool IsEncoderDecoder => true;
#pragma warning restore CA1822

    /// <summary>First token of every channel: <see cref="DiaDecoderConfig.BosTokenId"/>.</summary>
    public int BosTokenId => Decoder.BosTokenId;

    /// <summary>Token that ends the speech: <see cref="DiaDecoderConfig.EosTokenId"/>.</summary>
    public int EosTokenId => Decoder.EosTokenId;

    /// <summary>Token behind the end of a channel: <see cref="DiaDecoderConfig.PadTokenId"/>.</summary>
    public int PadTokenId => Decoder.PadTokenId;

    /// <summary>The largest entry of <see cref="DelayPattern"/>: positions between a frame's first token and its last.</summary>
    public int MaxDelay => DelayPattern.Max();

    // Of the decoder's positions the start takes one, a first new frame one, and the end of speech the delay and one more.
    internal int MaxPromptFrames => Decoder.MaxPositionEmbeddings - MaxDelay - 3;

    // Of a delayed sequence of as many frames as the decoder was trained for, with its start. A pass over given tokens takes no more.
    internal int MaxPositions => Decoder.MaxPositionEmbeddings + MaxDelay + 1;

    /// <summary>Reads a <c>config.json</c>, in either <see cref="ConfigFormat"/>. What it does not state has its default.</summary>
    /// <param name="json">The text of the file.</param>
    /// <returns>The validated configuration. Special ids at the top level replace those of the decoder.</returns>
    /// <exception cref="DiaConfigException">The text is no JSON, or <see cref="Validate"/> fails.</exception>
    public static DiaConfig FromJson(string json) => ConfigJson.ReadDia(json);

    /// <summary>Writes a <c>config.json</c>.</summary>
    /// <param name="format">The spelling to use.</param>
    /// <returns>Indented JSON.</returns>
    public string ToJson(ConfigFormat format = ConfigFormat.Transformers5) => ConfigJson.WriteDia(this, format);

    /// <summary>Checks every number, and that the parts fit each other.</summary>
    /// <exception cref="DiaConfigException">Something is out of its range; the message names it.</exception>
    public void Validate()
    {
        Encoder.Validate();
        Decoder.Validate();
        ConfigCheck.Positive("config", "norm_eps", NormEps);
        if (Decoder.NumChannels != DelayPattern.Count)
        {
            throw new DiaConfigException(string.Create(CultureInfo.InvariantCulture,
                $"decoder_config.num_channels is {Decoder.NumChannels}, but delay_pattern has {DelayPattern.Count} entries; ") +
                "both must be equal.");
        }

        for (int channel = 0; channel < DelayPattern.Count; channel++)
        {
            ConfigCheck.AtLeast("config", $"delay_pattern[{channel}]", DelayPattern[channel], 0);
        }

        if (Decoder.CrossHiddenSize != Encoder.HiddenSize)
        {
            throw new DiaConfigException(string.Create(CultureInfo.InvariantCulture,
                $"decoder_config.cross_hidden_size is {Decoder.CrossHiddenSize}, but encoder_config.hidden_size is {Encoder.HiddenSize}; ") +
                "both must be equal.");
        }
    }

    /// <summary>Compares all values, the entries of <see cref="DelayPattern"/> included.</summary>
    /// <param name="other">What to compare with.</param>
    /// <returns>Whether all values are equal.</returns>
    public bool Equals(DiaConfig? other) =>
        other is not null &&
        Encoder == other.Encoder &&
        Decoder == other.Decoder &&
        NormEps.Equals(other.NormEps) &&
        InitializerRange.Equals(other.InitializerRange) &&
        UseCache == other.UseCache &&
        DelayPattern.SequenceEqual(other.DelayPattern);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Encoder, Decoder, NormEps, DelayPattern.Count);
}
