namespace DiaNative;

/// <summary>Where the shorter texts of a batch are filled up.</summary>
public enum PaddingSide
{
    /// <summary>Behind the text. This is what the model expects.</summary>
    Right,

    /// <summary>Before the text.</summary>
    Left,
}
