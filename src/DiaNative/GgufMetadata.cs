namespace DiaNative;

/// <summary>One metadata entry of a GGUF file.</summary>
/// <param name="Key">The key, for example <c>general.architecture</c>.</param>
/// <param name="Type">The type as ggml names it: <c>u32</c>, <c>str</c>, <c>arr[f32]</c> and so on.</param>
/// <param name="Value">The value as text; arrays as <c>[1, 2, 3]</c>.</param>
public sealed record GgufMetadata(string Key, string Type, string Value);
