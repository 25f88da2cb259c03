using System.Text;
using System.Text.RegularExpressions;

namespace DiaNative;

/// <summary>The least part of a script that is not cut: a sentence, or a part of one that is too long.</summary>
/// <param name="Speaker">Who says it, as a tag; <see langword="null"/> for nobody.</param>
/// <param name="Text">What is said, without white space around it.</param>
/// <param name="Length">Characters, as <see cref="SpeechLength.Count"/> counts them.</param>
/// <param name="Tokens">Bytes of UTF-8.</param>
/// <param name="CutCost">How bad it is to end a piece behind it, in squared characters that a piece is too short.</param>
internal sealed partial record ScriptUnit(string? Speaker, string Text, int Length, int Tokens, double CutCost)
{
    private const double BehindTurn = 0;
    private const double BehindSentence = 1_500;
    private const double BehindClause = 15_000;
    private const double BehindWord = 60_000;
    private const double WithinWord = 250_000;

    /// <summary>The units of one turn, none of them over the limits.</summary>
    internal static IEnumerable<ScriptUnit> OfTurn(string? speaker, string body, int maxLength, int maxTokens)
    {
        ScriptUnit[] units =
        [
            .. Cut(body, SentenceEnd(), BehindSentence)
                .SelectMany(part => Finer(part, part => Cut(part.Text, ClauseEnd(), BehindClause), part.Cost))
                .SelectMany(part => Finer(part, part => Cut(part.Text, WordEnd(), BehindWord), part.Cost))
                .SelectMany(part => Finer(part, part => CutWord(part.Text, maxLength, maxTokens), part.Cost))
                .Select(part => Create(part.Text, part.Cost)),
        ];
        if (units.Length > 0)
        {
            units[^1] = units[^1] with { CutCost = BehindTurn };
        }

        return units;

        ScriptUnit Create(string text, double cost) => new(speaker, text, SpeechLength.Count(text), Encoding.UTF8.GetByteCount(text), cost);

        bool Fits(string text) => SpeechLength.Count(text) <= maxLength && Encoding.UTF8.GetByteCount(text) <= maxTokens;

        // Cuts what does not fit; behind its last part the cut costs what it did.
        IEnumerable<Part> Finer(Part part, Func<Part, List<Part>> cut, double costBehind)
        {
            if (Fits(part.Text))
            {
                return [part];
            }

            List<Part> parts = cut(part);
            parts[^1] = parts[^1] with { Cost = costBehind };
            return parts;
        }
    }

    // Cuts behind every match.
    private static List<Part> Cut(string text, Regex end, double cost)
    {
        var parts = new List<Part>();
        int start = 0;
        foreach (ValueMatch match in end.EnumerateMatches(text))
        {
            Add(match.Index + match.Length);
        }

        Add(text.Length);
        return parts;

        void Add(int stop)
        {
            string part = text[start..stop].Trim();
            start = stop;
            if (part.Length > 0)
            {
                parts.Add(new Part(part, cost));
            }
        }
    }

    private static List<Part> CutWord(string word, int maxLength, int maxTokens)
    {
        var parts = new List<Part>();
        var part = new StringBuilder();
        int tokens = 0;
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (part.Length + rune.Utf16SequenceLength > maxLength || tokens + rune.Utf8SequenceLength > maxTokens)
            {
                parts.Add(new Part(part.ToString(), WithinWord));
                part.Clear();
                tokens = 0;
            }

            part.Append(rune);
            tokens += rune.Utf8SequenceLength;
        }

        parts.Add(new Part(part.ToString(), WithinWord));
        return parts;
    }

    private readonly record struct Part(string Text, double Cost);

    // An end of line, or a full stop (not of an abbreviation or an initial) with what closes quotations behind it.
    [GeneratedRegex(@"\n|(?<!\b(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|vs|etc|[A-Z])\.)(?<=[.!?\u2026][""'\u2019\u201d)]*)\s")]
    private static partial Regex SentenceEnd();

    [GeneratedRegex(@"(?<=[,;:\u2013\u2014][""'\u2019\u201d)]*)\s")]
    private static partial Regex ClauseEnd();

    // The one sound of two words stays whole.
    [GeneratedRegex(@"(?<!\(clears)\s+")]
    private static partial Regex WordEnd();
}
