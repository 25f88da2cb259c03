using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace DiaNative;

/// <summary>
/// Looks through a text for what Dia refuses and for what it speaks badly: the guidelines of its authors, and what users ran into. Costs
/// microseconds, needs no model.
/// </summary>
/// <example>
/// <code>
/// foreach (TextWarning warning in TextLint.Check("[S1] Hi. (giggles) [S1] Bye!!"))
/// {
///     Console.WriteLine($"{warning.Position}: {warning.Code}: {warning.Message}");
/// }
/// </code>
/// </example>
public static partial class TextLint
{
    private const int DefaultMaxTokens = 1024;
    private const string PadToken = "<pad>";

    private static readonly FrozenSet<string> s_sounds = NonVerbal.All.ToFrozenSet(StringComparer.Ordinal);
    private static readonly DiaTokenizer s_tokenizer = new();

    /// <summary>Looks through a text.</summary>
    /// <param name="text">The text, as it would be spoken.</param>
    /// <param name="maxTokens">Most tokens that the model reads: <see cref="DiaEncoderConfig.MaxPositionEmbeddings"/>. At least 1.</param>
    /// <returns>What was found, in the order of the text; nothing if all is well.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxTokens"/> is below 1.</exception>
    public static IReadOnlyList<TextWarning> Check(string text, int maxTokens = DefaultMaxTokens)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxTokens, 1);
        if (string.IsNullOrWhiteSpace(text))
        {
            return [new TextWarning(TextWarningCode.Empty, TextWarningSeverity.Error, "The text is empty.", 0, text.Length)];
        }

        List<ScriptTurn> turns = ScriptTurn.Parse(text);
        IEnumerable<TextWarning> warnings =
        [
            .. Refused(text, maxTokens), .. Turns(text, turns), .. Ending(text, turns), .. Tags(text), .. Duration(text), .. Characters(text),
        ];
        return [.. warnings.OrderBy(warning => warning.Position).ThenByDescending(warning => warning.Severity)];
    }

    private static IEnumerable<TextWarning> Refused(string text, int maxTokens)
    {
        foreach (Match match in Forbidden().Matches(text))
        {
            yield return match.Value == PadToken
                ? Found(TextWarningCode.PaddingToken, TextWarningSeverity.Error, match, $"{PadToken} stands for padding and is not allowed.")
                : Found(TextWarningCode.ForbiddenCharacter, TextWarningSeverity.Error, match,
                    string.Create(CultureInfo.InvariantCulture, $"The character U+{(int)match.Value[0]:X4} stands for a tag and is not allowed."));
        }

        int tokens = s_tokenizer.EncodeRow(text).Count;
        if (tokens > maxTokens)
        {
            yield return new TextWarning(
                TextWarningCode.TooManyTokens, TextWarningSeverity.Error, $"The text has {tokens} tokens; the model reads {maxTokens}.", 0, text.Length);
        }
    }

    private static IEnumerable<TextWarning> Turns(string text, List<ScriptTurn> turns)
    {
        if (turns[0].Tag is null)
        {
            yield return new TextWarning(
                TextWarningCode.NoSpeakerTag, TextWarningSeverity.Warning, "The text does not begin with a speaker tag such as [S1].", 0, 0);
        }
        else if (turns[0].Tag == ScriptTurn.SecondSpeaker)
        {
            yield return AtTag(turns[0], TextWarningCode.BeginsWithSecondSpeaker, TextWarningSeverity.Hint,
                "The text begins with [S2]; the model is used to [S1].");
        }

        for (int i = 0; i < turns.Count; i++)
        {
            if (i > 0 && turns[i].Tag == turns[i - 1].Tag)
            {
                yield return AtTag(turns[i], TextWarningCode.SameSpeakerTwice, TextWarningSeverity.Warning,
                    $"{turns[i].Tag} has the turn before, too; speakers should alternate.");
            }

            bool last = i == turns.Count - 1;
            if (turns[i].Body(text).IsEmpty && !(last && i > 0))
            {
                yield return AtTag(turns[i], TextWarningCode.EmptyTurn, TextWarningSeverity.Warning, $"{turns[i].Tag} has nothing to say.");
            }
        }
    }

    // "[S1] One. [S2] Two." ends better as "[S1] One. [S2] Two. [S1]".
    private static IEnumerable<TextWarning> Ending(string text, List<ScriptTurn> turns)
    {
        if (turns.Count > 1 && turns[^2].Tag is { } closing && closing != turns[^1].Tag && !turns[^1].Body(text).IsEmpty)
        {
            yield return new TextWarning(TextWarningCode.NoClosingTag, TextWarningSeverity.Hint,
                $"The end of the audio may gain by {closing} behind the last turn.", text.Length, 0);
        }
    }

    private static IEnumerable<TextWarning> Tags(string text)
    {
        foreach (Match match in Bracketed().Matches(text))
        {
            string tag = match.Value;
            if (tag[0] == '[')
            {
                yield return Found(TextWarningCode.UnknownSpeakerTag, TextWarningSeverity.Warning, match,
                    $"{tag} is no speaker tag; the model knows {ScriptTurn.FirstSpeaker} and {ScriptTurn.SecondSpeaker}.");
            }
            else if (!s_sounds.Contains(tag))
            {
                yield return Found(TextWarningCode.UnknownNonVerbal, TextWarningSeverity.Warning, match,
                    $"{tag} is none of the sounds that the model knows{(Similar(tag) is { } similar ? $"; {similar} is one" : "")}.");
            }
        }
    }

    // "(Laugh)" is meant as "(laughs)".
    private static string? Similar(string tag)
    {
        string stem = tag.Trim('(', ')', ' ').ToLowerInvariant();
        const int TellingLength = 4;
        return stem.Length < TellingLength
            ? null
            : NonVerbal.All.FirstOrDefault(sound => sound.AsSpan(1).StartsWith(stem.AsSpan(0, TellingLength), StringComparison.Ordinal));
    }

    private static IEnumerable<TextWarning> Duration(string text)
    {
        double seconds = SpeechLength.Seconds(text);
        if (seconds < SpeechLength.Shortest)
        {
            yield return new TextWarning(TextWarningCode.TooShort, TextWarningSeverity.Warning, string.Create(CultureInfo.InvariantCulture,
                $"About {seconds:F1} s of speech; below {SpeechLength.Shortest} s it may become noise."), 0, text.Length);
        }
        else if (seconds > SpeechLength.Longest)
        {
            yield return new TextWarning(TextWarningCode.TooLong, TextWarningSeverity.Warning, string.Create(CultureInfo.InvariantCulture,
                $"About {seconds:F0} s of speech; beyond {SpeechLength.Longest} s it becomes hurried."), 0, text.Length);
        }
    }

    private static IEnumerable<TextWarning> Characters(string text) =>
    [
        .. ForeignLetters(text),
        .. Ellipses().Matches(text).Select(match => Found(TextWarningCode.Ellipsis, TextWarningSeverity.Hint, match,
            $"{match.Value} makes no pause.")),
        .. Exclamations().Matches(text).Select(match => Found(TextWarningCode.RepeatedExclamation, TextWarningSeverity.Hint, match,
            $"{match.Value} may be screamed.")),
    ];

    // One warning per word.
    private static IEnumerable<TextWarning> ForeignLetters(string text)
    {
        for (int i = 0; i < text.Length;)
        {
            int start = i;
            bool foreign = false;
            while (i < text.Length && Rune.TryGetRuneAt(text, i, out Rune rune) && (Rune.IsLetter(rune) || IsMark(rune)))
            {
                foreign |= !rune.IsAscii;
                i += rune.Utf16SequenceLength;
            }

            if (foreign)
            {
                yield return new TextWarning(TextWarningCode.NotEnglish, TextWarningSeverity.Warning,
                    $"\"{text[start..i]}\" has letters that English does not have; the model speaks English only.", start, i - start);
            }

            i = Math.Max(i, start + 1);
        }
    }

    private static bool IsMark(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;

    private static TextWarning Found(TextWarningCode code, TextWarningSeverity severity, Match match, string message) =>
        new(code, severity, message, match.Index, match.Length);

    private static TextWarning AtTag(ScriptTurn turn, TextWarningCode code, TextWarningSeverity severity, string message) =>
        new(code, severity, message, turn.Start, turn.BodyStart - turn.Start);

    [GeneratedRegex("[\0\u0001\u0002]|<pad>")]
    private static partial Regex Forbidden();

    // A bracket is known up to its partner, within a line and a hundred characters; speaker tags are no finding.
    [GeneratedRegex(@"\([^()\n]{0,100}\)|\[(?!S[12]\])[^\[\]\n]{0,100}\]")]
    private static partial Regex Bracketed();

    [GeneratedRegex(@"\.{2,}|\u2026")]
    private static partial Regex Ellipses();

    [GeneratedRegex(@"!(?:[!?]*!|\?+)")]
    private static partial Regex Exclamations();
}
