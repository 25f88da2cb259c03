using System.Text;

namespace DiaNative;

/// <summary>
/// Cuts a long script into pieces that Dia speaks well: a few turns, at most about 20 seconds each. Pieces end where turns end, or at
/// least sentences, and are of about equal length, because very short ones make noise.
/// </summary>
/// <remarks>
/// The pieces are chosen as a paragraph is broken into lines: all of them together miss the longest duration as little as possible, in
/// the sum of squares, and a cut within a turn costs more than one between turns. Turns of one speaker in a row become one.
/// </remarks>
/// <example>
/// <code>
/// foreach (string piece in ScriptSplitter.Split(File.ReadAllText("play.txt")))
/// {
///     SpeechResult speech = await tts.SpeakAsync(piece, new GenerationOptions { Seed = 42 });
/// }
/// </code>
/// </example>
public static class ScriptSplitter
{
    // A tag and the white space on each side of it.
    private const int TokensPerTag = 3;

    /// <summary>Estimates how long a text takes to speak: good to a third for English.</summary>
    /// <param name="text">The text, with or without tags.</param>
    /// <returns>About its duration.</returns>
    public static TimeSpan EstimateDuration(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TimeSpan.FromSeconds(SpeechLength.Seconds(text));
    }

    /// <summary>Cuts a script.</summary>
    /// <param name="text">
    /// The script, with speaker tags. What comes before the first tag is <c>[S1]</c>'s, unless it begins with another bracket.
    /// </param>
    /// <param name="options">How to cut; <see langword="null"/> for the defaults.</param>
    /// <returns>The pieces in order, each beginning with the tag of its first speaker; none for a text without anything to say.</returns>
    public static IReadOnlyList<string> Split(string text, ScriptSplitOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        options ??= new ScriptSplitOptions();
        List<ScriptTurn> turns = ScriptTurn.Parse(text);
        List<ScriptUnit> units = [.. turns.SelectMany(turn => Units(turn, text, options))];
        List<string> pieces = [.. Pieces(units, options).Select(piece => Write(units[piece], options.CloseWithTag))];
        if (pieces.Count > 0 && turns[^1].Body(text).IsEmpty && !options.CloseWithTag && turns[^1].Tag != units[^1].Speaker)
        {
            pieces[^1] += $" {turns[^1].Tag}";
        }

        return pieces;
    }

    private static IEnumerable<ScriptUnit> Units(ScriptTurn turn, string text, ScriptSplitOptions options)
    {
        string body = turn.Body(text).ToString();
        string? speaker = turn.Tag ?? (body.StartsWith('[') ? null : ScriptTurn.FirstSpeaker);
        return ScriptUnit.OfTurn(speaker, body, SpeechLength.Characters(options.MaxDuration), options.MaxTokens - (2 * TokensPerTag));
    }

    // cost[i] is the least cost of the first i units; the piece that ends there begins at first[i].
    private static List<Range> Pieces(List<ScriptUnit> units, ScriptSplitOptions options)
    {
        int maxLength = SpeechLength.Characters(options.MaxDuration);
        var cost = new double[units.Count + 1];
        var first = new int[units.Count + 1];
        for (int end = 1; end <= units.Count; end++)
        {
            cost[end] = double.PositiveInfinity;
            var size = default(PieceSize);
            for (int begin = end - 1; begin >= 0; begin--)
            {
                size = size.Extend(units[begin], next: begin + 1 < end ? units[begin + 1] : null);
                if (begin < end - 1 && !size.Fits(maxLength, options))
                {
                    break;
                }

                double slack = maxLength - size.Length;
                double total = cost[begin] + (slack * slack) + units[end - 1].CutCost;
                if (total < cost[end])
                {
                    (cost[end], first[end]) = (total, begin);
                }
            }
        }

        var pieces = new List<Range>();
        for (int end = units.Count; end > 0; end = first[end])
        {
            pieces.Add(first[end]..end);
        }

        pieces.Reverse();
        return pieces;
    }

    private static string Write(List<ScriptUnit> units, bool closeWithTag)
    {
        var text = new StringBuilder();
        string? beforeLast = null;
        string? speaker = null;
        foreach (ScriptUnit unit in units)
        {
            if (text.Length > 0)
            {
                text.Append(' ');
            }

            if (unit.Speaker != speaker)
            {
                text.Append(unit.Speaker).Append(' ');
                (beforeLast, speaker) = (speaker, unit.Speaker);
            }

            text.Append(unit.Text);
        }

        return closeWithTag && beforeLast is not null ? text.Append(' ').Append(beforeLast).ToString() : text.ToString();
    }

    private readonly record struct PieceSize(int Length, int Tokens, int Turns)
    {
        internal PieceSize Extend(ScriptUnit unit, ScriptUnit? next)
        {
            bool sameTurn = next is not null && unit.Speaker == next.Speaker;
            return new PieceSize(
                Length + unit.Length, Tokens + unit.Tokens + 1 + (sameTurn ? 0 : TokensPerTag - 1), Turns + (sameTurn ? 0 : 1));
        }

        // A closing tag has its place, too.
        internal bool Fits(int maxLength, ScriptSplitOptions options) =>
            Length <= maxLength && Tokens + TokensPerTag <= options.MaxTokens && Turns <= options.MaxTurns;
    }
}
