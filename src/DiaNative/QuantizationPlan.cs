namespace DiaNative;

/// <summary>What <see cref="DiaQuantizer.Quantize"/> would write.</summary>
/// <param name="Tensors">The tensors with their types, sizes and places, in the order of the file.</param>
/// <param name="SizeInBytes">Size of the file, in bytes.</param>
public sealed record QuantizationPlan(IReadOnlyList<GgufTensor> Tensors, long SizeInBytes);
