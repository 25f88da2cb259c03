namespace DiaNative;

/// <summary>The text encoder's architecture. The defaults are those of Dia-1.6B.</summary>
public sealed record DiaEncoderConfig
{
    /// <summary>Longest text, in tokens (bytes).</summary>
    /// <value>Default 1024.</value>
    public int MaxPositionEmbeddings { get; init; } = 1024;

    /// <summary>Number of layers.</summary>
    /// <value>Default 12.</value>
    public int NumHiddenLayers { get; init; } = 12;

    /// <summary>Width of the residual stream.</summary>
    /// <value>Default 1024.</value>
    public int HiddenSize { get; init; } = 1024;

    /// <summary>Query heads.</summary>
    /// <value>Default 16.</value>
    public int NumAttentionHeads { get; init; } = 16;

    /// <summary>Key and value heads; a divisor of <see cref="NumAttentionHeads"/>.</summary>
    /// <value>Default 16.</value>
    public int NumKeyValueHeads { get; init; } = 16;

    /// <summary>Width of one head; even. Not necessarily <see cref="HiddenSize"/> / <see cref="NumAttentionHeads"/>.</summary>
    /// <value>Default 128.</value>
    public int HeadDim { get; init; } = 128;

    /// <summary>Width of the gated MLP.</summary>
    /// <value>Default 4096.</value>
    public int IntermediateSize { get; init; } = 4096;

    /// <summary>Added to the mean square in RMSNorm.</summary>
    /// <value>Default 1e-5.</value>
    public float NormEps { get; init; } = 1e-5f;

    /// <summary>Number of text tokens: one per byte.</summary>
    /// <value>Default 256.</value>
    public int VocabSize { get; init; } = 256;

    /// <summary>Activation of the gated MLP; only <c>silu</c> is supported.</summary>
    /// <value>Default "silu".</value>
    public string HiddenAct { get; init; } = "silu";

    /// <summary>Base of the rotary position angles.</summary>
    /// <value>Default 10000.</value>
    public float RopeTheta { get; init; } = 10000f;

    /// <summary>Standard deviation of the initial weights; only for training.</summary>
    /// <value>Default 0.02.</value>
    public float InitializerRange { get; init; } = 0.02f;

    internal void Validate()
    {
        const string Section = "encoder_config";
        ConfigCheck.AtLeast(Section, "max_position_embeddings", MaxPositionEmbeddings, 1);
        ConfigCheck.AtLeast(Section, "num_hidden_layers", NumHiddenLayers, 1);
        ConfigCheck.AtLeast(Section, "hidden_size", HiddenSize, 1);
        ConfigCheck.Attention(Section, "", NumAttentionHeads, NumKeyValueHeads, HeadDim);
        ConfigCheck.EvenHead(Section, HeadDim);
        ConfigCheck.AtLeast(Section, "intermediate_size", IntermediateSize, 1);
        ConfigCheck.Positive(Section, "norm_eps", NormEps);
        ConfigCheck.AtLeast(Section, "vocab_size", VocabSize, 256);
        ConfigCheck.Activation(Section, HiddenAct);
        ConfigCheck.Positive(Section, "rope_theta", RopeTheta);
    }
}
