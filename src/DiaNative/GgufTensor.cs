namespace DiaNative;

/// <summary>One tensor of a GGUF file.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">The type as ggml names it, for example <c>q8_0</c>.</param>
/// <param name="Dimensions">The shape in ggml's order: the fastest dimension first.</param>
/// <param name="Offset">Where the data begin, in bytes from the start of the file.</param>
/// <param name="SizeInBytes">Size of the data, in bytes.</param>
public sealed record GgufTensor(string Name, string Type, IReadOnlyList<long> Dimensions, long Offset, long SizeInBytes);
