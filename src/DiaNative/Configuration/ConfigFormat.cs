namespace DiaNative;

/// <summary>
/// The spellings of <c>config.json</c>. Both say the same; <see cref="DiaConfig.FromJson"/> reads either.
/// </summary>
public enum ConfigFormat
{
    /// <summary>As transformers 5 writes it: <c>rope_parameters</c>, <c>dtype</c>, special ids inside <c>decoder_config</c>.</summary>
    Transformers5,

    /// <summary>As transformers 4 wrote it, like the published checkpoint: <c>rope_theta</c>, special ids at the top level.</summary>
    Transformers4,
}
