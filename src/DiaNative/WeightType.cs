using System.Diagnostics.CodeAnalysis;

namespace DiaNative;

/// <summary>How numbers are stored. The values are those of ggml.</summary>
public enum WeightType
{
    /// <summary>The type that the source has, or the one that suits the purpose.</summary>
    Auto = -1,

    /// <summary>32-bit floating point.</summary>
    F32 = 0,

    /// <summary>IEEE 16-bit floating point.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 8-bit integers with one scale: 8.5 bits per value.</summary>
    [SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The name that ggml gave the format.")]
    Q8_0 = 8,

    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BF16 = 30,
}
