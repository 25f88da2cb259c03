namespace DiaNative;

/// <summary>Tensors that are stored as another type than the others.</summary>
/// <param name="Pattern">
/// Fits if some part of a tensor's name, in the GGUF or in the checkpoint, is like it; <c>*</c> is any text and <c>?</c> any
/// character, as in <c>decoder.*.mlp.*</c>.
/// </param>
/// <param name="Type">The type of the tensors that fit and may have it; not <see cref="WeightType.Auto"/>.</param>
public sealed record TensorTypeOverride(string Pattern, WeightType Type);
