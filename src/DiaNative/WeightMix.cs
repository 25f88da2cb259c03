namespace DiaNative;

/// <summary>Whether all matrices of a model have the same type.</summary>
public enum WeightMix
{
    /// <summary>They have.</summary>
    None = -1,

    /// <summary>Those that measure sensitive have a type with more bits: what others call Q4_K_M or Q5_K_M.</summary>
    Medium = 0,
}
