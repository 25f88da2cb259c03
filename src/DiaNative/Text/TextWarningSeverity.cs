namespace DiaNative;

/// <summary>What a <see cref="TextWarning"/> means for the speech.</summary>
public enum TextWarningSeverity
{
    /// <summary>The speech may gain by a change of the text.</summary>
    Hint,

    /// <summary>The speech is likely to come out wrong.</summary>
    Warning,

    /// <summary>The text is refused: <see cref="DiaProcessor"/> throws.</summary>
    Error,
}
