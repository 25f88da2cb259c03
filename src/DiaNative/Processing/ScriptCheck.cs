using System.Globalization;

namespace DiaNative;

/// <summary>What a text to be spoken must not be: empty, or with characters that would be taken for tags.</summary>
internal static class ScriptCheck
{
    /// <summary>What is wrong with a text, as the end of a sentence; <see langword="null"/> if nothing is.</summary>
    internal static string? FaultOf(string? text, string padToken) => text switch
    {
        null => "is null",
        "" => "is empty",
        _ when text.AsSpan().IndexOfAny('\0', '\u0001', '\u0002') is var at and >= 0 =>
            string.Create(CultureInfo.InvariantCulture, $"holds the character U+{(int)text[at]:X4} at {at}, which stands for a tag"),
        _ when text.IndexOf(padToken, StringComparison.Ordinal) is var at and >= 0 =>
            string.Create(CultureInfo.InvariantCulture, $"holds the padding token {padToken} at {at}"),
        _ => null,
    };
}
