namespace DiaNative.Interop;

/// <summary>What a loaded model says of itself.</summary>
internal sealed record ModelFacts(
    DiaNative.DiaConfig Config, DacConfig? CodecConfig, bool CodecHasEncoder, long ParameterCount, long CodecParameterCount, long SizeInBytes);
