using System.Diagnostics.CodeAnalysis;

namespace DiaNative;

/// <summary>How a WAV file stores its samples.</summary>
public enum WavFormat
{
    /// <summary>16-bit integers: the format that everything plays, and the reference's.</summary>
    Pcm16,

    /// <summary>24-bit integers.</summary>
    Pcm24,

    /// <summary>32-bit floating point: the samples exactly as they are.</summary>
    [SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The size is what tells the formats apart.")]
    Float32,
}
