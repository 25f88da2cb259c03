namespace DiaNative;

/// <summary>What <see cref="DiaBenchmark"/> measures.</summary>
[Flags]
public enum BenchmarkPhases
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Loading the file, which the system has in its cache.</summary>
    Load = 1,

    /// <summary>The encoder over 200 bytes.</summary>
    Encode = 2,

    /// <summary>The decoder over an audio prompt of 430 frames, 5 seconds.</summary>
    Prefill = 4,

    /// <summary>A step of the decoder, at each position and batch size.</summary>
    Decode = 8,

    /// <summary>The choice of a position's tokens.</summary>
    Sample = 16,

    /// <summary>DAC's decoder, on the processor the same composed of stock operators, and DAC's encoder.</summary>
    Codec = 32,

    /// <summary>From a text of 100 bytes to the first samples.</summary>
    FirstAudio = 64,

    /// <summary>10 seconds of audio from a text of 200 bytes, which takes minutes.</summary>
    Total = 128,

    /// <summary>All but <see cref="Total"/>.</summary>
    Default = Load | Encode | Prefill | Decode | Sample | Codec | FirstAudio,
}
