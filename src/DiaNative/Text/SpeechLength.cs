using System.Text.RegularExpressions;

namespace DiaNative;

/// <summary>
/// Estimates how long a text takes to speak: English is spoken at about 12.5 characters a second, white space not counted, and a sound
/// such as a laugh takes about one. Good to a third, which is enough to keep away from what the model speaks badly.
/// </summary>
internal static partial class SpeechLength
{
    /// <summary>Dia was trained on pieces of this length, in seconds; shorter texts make noise.</summary>
    internal const double Shortest = 5;

    /// <summary>Dia was trained on pieces of up to this length, in seconds; longer texts are spoken hurriedly.</summary>
    internal const double Longest = 20;

    private const double CharactersPerSecond = 12.5;
    private const int CharactersPerSound = 12;

    /// <summary>Seconds that a text takes.</summary>
    internal static double Seconds(string text) => Count(text) / CharactersPerSecond;

    /// <summary>Characters that can be spoken in a time.</summary>
    internal static int Characters(TimeSpan duration) => (int)Math.Min(duration.TotalSeconds * CharactersPerSecond, int.MaxValue);

    /// <summary>
    /// Characters that are spoken, a sound counting as many as can be spoken meanwhile. The counts of parts, cut at white space, add up
    /// to that of the whole.
    /// </summary>
    internal static int Count(string text)
    {
        int count = text.Count(character => !char.IsWhiteSpace(character));
        foreach (ValueMatch match in Tag().EnumerateMatches(text))
        {
            ReadOnlySpan<char> tag = text.AsSpan(match.Index, match.Length);
            count += tag[0] == '(' ? CharactersPerSound - tag.Length + tag.Count(' ') : -tag.Length;
        }

        return count;
    }

    // The one sound of two words, or any single word in parentheses.
    [GeneratedRegex(@"\[S[12]\]|\((?:clears throat|[a-z]+)\)")]
    private static partial Regex Tag();
}
