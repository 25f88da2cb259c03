namespace DiaNative;

/// <summary>The audio decoder's architecture. The defaults are those of Dia-1.6B.</summary>
public sealed record DiaDecoderConfig
{
    /// <summary>Positions that the model was trained for; about 86 are a second of audio.</summary>
    /// <value>Default 3072.</value>
    public int MaxPositionEmbeddings { get; init; } = 3072;

    /// <summary>Number of layers.</summary>
    /// <value>Default 18.</value>
    public int NumHiddenLayers { get; init; } = 18;

    /// <summary>Width of the residual stream.</summary>
    /// <value>Default 2048.</value>
    public int HiddenSize { get; init; } = 2048;

    /// <summary>Width of the gated MLP.</summary>
    /// <value>Default 8192.</value>
    public int IntermediateSize { get; init; } = 8192;

    /// <summary>Query heads of self-attention.</summary>
    /// <value>Default 16.</value>
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Key and value heads of self-attention; a divisor of <see cref="NumAttentionHeads"/>.</summary>
    /// <value>Default 4.</value>
    public int NumKeyValueHeads { get; init; } = 4;

    /// <summary>Width of one self-attention head; even.</summary>
    /// <value>Default 128.</value>
    public int HeadDim { get; init; } = 128;

    /// <summary>Query heads of cross-attention.</summary>
    /// <value>Default 16.</value>
    public int CrossNumAttentionHeads { get; init; } = 16;

    /// <summary>Width of one cross-attention head.</summary>
    /// <value>Default 128.</value>
    public int CrossHeadDim { get; init; } = 128;

    /// <summary>Key and value heads of cross-attention; a divisor of <see cref="CrossNumAttentionHeads"/>.</summary>
    /// <value>Default 16.</value>
    public int CrossNumKeyValueHeads { get; init; } = 16;

    /// <summary>Width of the encoder states; equals <see cref="DiaEncoderConfig.HiddenSize"/>.</summary>
    /// <value>Default 1024.</value>
    public int CrossHiddenSize { get; init; } = 1024;

    /// <summary>Added to the mean square in RMSNorm.</summary>
    /// <value>Default 1e-5.</value>
    public float NormEps { get; init; } = 1e-5f;

    /// <summary>Tokens per channel: the codes, then EOS, PAD, BOS and what is unused.</summary>
    /// <value>Default 1028.</value>
    public int VocabSize { get; init; } = 1028;

    /// <summary>Activation of the gated MLP; only <c>silu</c> is supported.</summary>
    /// <value>Default "silu".</value>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>Codebooks that are predicted at every position.</summary>
    /// <value>Default 9.</value>
    public int NumChannels { get; init; } = 9;

    /// <summary>Base of the rotary position angles.</summary>
    /// <value>Default 10000.</value>
    public float RopeTheta { get; init; } = 10000f;

    /// <summary>Standard deviation of the initial weights; only for training.</summary>
    /// <value>Default 0.02.</value>
    public float InitializerRange { get; init; } = 0.02f;

    /// <summary>Whether the reference keeps keys and values; this library always does.</summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool UseCache { get; init; } = true;

    /// <summary>Token behind the end of a channel; also marks positions that are to be predicted.</summary>
    /// <value>Default 1025.</value>
    public int PadTokenId { get; init; } = 1025;

    /// <summary>Token that ends the speech. The ids below it are codes.</summary>
    /// <value>Default 1024.</value>
    public int EosTokenId { get; init; } = 1024;

    /// <summary>First token of every channel.</summary>
    /// <value>Default 1026.</value>
    public int BosTokenId { get; init; } = 1026;

    internal void Validate()
    {
        const string Section = "decoder_config";
        ConfigCheck.AtLeast(Section, "max_position_embeddings", MaxPositionEmbeddings, 1);
        ConfigCheck.AtLeast(Section, "num_hidden_layers", NumHiddenLayers, 1);
        ConfigCheck.AtLeast(Section, "hidden_size", HiddenSize, 1);
        ConfigCheck.AtLeast(Section, "intermediate_size", IntermediateSize, 1);
        ConfigCheck.Attention(Section, "", NumAttentionHeads, NumKeyValueHeads, HeadDim);
        ConfigCheck.EvenHead(Section, HeadDim);
        ConfigCheck.Attention(Section, "cross_", CrossNumAttentionHeads, CrossNumKeyValueHeads, CrossHeadDim);
        ConfigCheck.AtLeast(Section, "cross_hidden_size", CrossHiddenSize, 1);
        ConfigCheck.Positive(Section, "norm_eps", NormEps);
        ConfigCheck.AtLeast(Section, "vocab_size", VocabSize, 1);
        ConfigCheck.Activation(Section, HiddenAct);
        ConfigCheck.AtLeast(Section, "num_channels", NumChannels, 1);
        ConfigCheck.Positive(Section, "rope_theta", RopeTheta);
        ConfigCheck.Within(Section, "bos_token_id", BosTokenId, 0, VocabSize - 1);
        ConfigCheck.Within(Section, "eos_token_id", EosTokenId, 0, VocabSize - 1);
        ConfigCheck.Within(Section, "pad_token_id", PadTokenId, 0, VocabSize - 1);
        ConfigCheck.Distinct(Section, "bos_token_id, eos_token_id and pad_token_id", BosTokenId, EosTokenId, PadTokenId);
    }
}
