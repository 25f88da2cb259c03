namespace DiaNative.Interop;

/// <summary>What a loaded model says of itself.</summary>
internal sealed record ModelFacts(
    DiaNative.DiaConfig Config, DacConfig? CodecConfig, long ParameterCount, long CodecParameterCount, long SizeInBytes);
