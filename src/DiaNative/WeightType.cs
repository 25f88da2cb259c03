using System.Diagnostics.CodeAnalysis;

namespace DiaNative;

/// <summary>How numbers are stored. The values are those of ggml.</summary>
[SuppressMessage("Naming", "CA1707:Identifiers should not contain underscores", Justification = "The names that ggml gave the formats.")]
public enum WeightType
{
    /// <summary>The type that the source has, or the one that suits the purpose.</summary>
    Auto = -1,

    /// <summary>32-bit floating point.</summary>
    F32 = 0,

    /// <summary>IEEE 16-bit floating point.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 4-bit integers with one scale: 4.5 bits per value.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32 5-bit integers with one scale: 5.5 bits per value.</summary>
    Q5_0 = 6,

    /// <summary>Blocks of 32 8-bit integers with one scale: 8.5 bits per value.</summary>
    Q8_0 = 8,

    /// <summary>Blocks of 256 4-bit integers with 8 scales and minima: 4.5 bits per value.</summary>
    Q4_K = 12,

    /// <summary>Blocks of 256 5-bit integers with 8 scales and minima: 5.5 bits per value.</summary>
    Q5_K = 13,

    /// <summary>Blocks of 256 6-bit integers with 16 scales: 6.5625 bits per value.</summary>
    Q6_K = 14,

    /// <summary>Blocks of 32 indices into 16 unevenly spaced values with one scale: 4.5 bits per value.</summary>
    IQ4_NL = 20,

    /// <summary>bfloat16: the upper half of a 32-bit float.</summary>
    BF16 = 30,
}
