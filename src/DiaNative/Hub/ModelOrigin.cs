namespace DiaNative;

/// <summary>What a model was made of.</summary>
/// <param name="Repository">The repository with Dia.</param>
/// <param name="Commit">Its commit.</param>
/// <param name="CodecRepository">The repository with DAC.</param>
/// <param name="CodecCommit">Its commit.</param>
/// <param name="Types">Types of the tensors: <c>q8_0</c>, or <c>q4_k_m, codec f16, decoder.*=q6_k</c>.</param>
/// <param name="Converter">Version of the library that converted it.</param>
public sealed record ModelOrigin(
    string Repository,
    string Commit,
    string CodecRepository,
    string CodecCommit,
    string Types,
    string Converter);
