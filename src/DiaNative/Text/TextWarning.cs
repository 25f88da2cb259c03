namespace DiaNative;

/// <summary>Something in a text that keeps Dia from speaking it, or from speaking it well.</summary>
/// <param name="Code">What it is.</param>
/// <param name="Severity">What it means for the speech.</param>
/// <param name="Message">A sentence for a reader, with the place's text and numbers.</param>
/// <param name="Position">Index of its first character (UTF-16 unit) in the text.</param>
/// <param name="Length">Number of its characters; 0 where something is missing.</param>
public sealed record TextWarning(TextWarningCode Code, TextWarningSeverity Severity, string Message, int Position, int Length);
