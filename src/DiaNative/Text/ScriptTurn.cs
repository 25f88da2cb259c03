using System.Text.RegularExpressions;

namespace DiaNative;

/// <summary>A speaker tag and what follows it, as a part of a text.</summary>
/// <param name="Tag">The tag; <see langword="null"/> for what precedes the first one.</param>
/// <param name="Start">Index of the tag, or of the text where there is none.</param>
/// <param name="BodyStart">Index behind the tag.</param>
/// <param name="End">Index behind the turn.</param>
internal readonly partial record struct ScriptTurn(string? Tag, int Start, int BodyStart, int End)
{
    internal const string FirstSpeaker = "[S1]";
    internal const string SecondSpeaker = "[S2]";

    /// <summary>Cuts a text at its speaker tags. Together the turns are the whole text; white space before the first tag is no turn.</summary>
    internal static List<ScriptTurn> Parse(string text)
    {
        var turns = new List<ScriptTurn>();
        string? tag = null;
        int start = 0;
        int bodyStart = 0;
        foreach (ValueMatch match in SpeakerTag().EnumerateMatches(text))
        {
            AddTurn(match.Index);
            (tag, start, bodyStart) = (text.Substring(match.Index, match.Length), match.Index, match.Index + match.Length);
        }

        AddTurn(text.Length);
        return turns;

        void AddTurn(int end)
        {
            if (tag is not null || !text.AsSpan(start, end - start).IsWhiteSpace())
            {
                turns.Add(new ScriptTurn(tag, start, bodyStart, end));
            }
        }
    }

    /// <summary>What is said, without the white space around it.</summary>
    internal ReadOnlySpan<char> Body(string text) => text.AsSpan(BodyStart, End - BodyStart).Trim();

    [GeneratedRegex(@"\[S[12]\]")]
    private static partial Regex SpeakerTag();
}
