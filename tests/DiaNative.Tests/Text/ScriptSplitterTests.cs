using System.Text.RegularExpressions;

namespace DiaNative.Tests;

public sealed class ScriptSplitterTests
{
    private const string Sentence = "This is a sentence of sixty characters, give or take a few.";

    [Theory]
    [InlineData("[S1] Hello there. [S2] Hi!", "[S1] Hello there. [S2] Hi!")]
    [InlineData("Hello there.", "[S1] Hello there.")]
    [InlineData("  [S2]Hello \n there. ", "[S2] Hello there.")]
    [InlineData("[S1] One. [S1] Two.", "[S1] One. Two.")]
    [InlineData("[S1] One. [S2] [S1] Two.", "[S1] One. Two.")]
    [InlineData("[S1] One. [S2] Two. [S1]", "[S1] One. [S2] Two. [S1]")]
    [InlineData("[noise] One.", "[noise] One.")]
    public void Split_ShortScript_IsOnePiece(string text, string piece) => Assert.Equal([piece], ScriptSplitter.Split(text));

    [Theory]
    [InlineData("")]
    [InlineData(" \n ")]
    [InlineData("[S1] [S2]")]
    public void Split_NothingToSay_IsNoPiece(string text) => Assert.Empty(ScriptSplitter.Split(text));

    [Fact]
    public void Split_ManyTurns_CutsBetweenThem()
    {
        string text = string.Join(' ', Enumerable.Range(0, 6).Select(turn => $"[S{(turn % 2) + 1}] {Sentence}"));

        IReadOnlyList<string> pieces = ScriptSplitter.Split(text);

        Assert.Equal(
            [$"[S1] {Sentence} [S2] {Sentence} [S1] {Sentence}", $"[S2] {Sentence} [S1] {Sentence} [S2] {Sentence}"],
            pieces);
    }

    [Fact]
    public void Split_LongTurn_CutsBetweenSentencesAndKeepsTheSpeaker()
    {
        string text = $"[S1] {string.Join(' ', Enumerable.Repeat(Sentence, 11))} [S2] {Sentence}";

        IReadOnlyList<string> pieces = ScriptSplitter.Split(text);

        Assert.Equal(3, pieces.Count);
        Assert.All(pieces, piece => Assert.Equal($"[S1] {Sentence}", piece[..($"[S1] {Sentence}".Length)]));
        Assert.EndsWith($"[S2] {Sentence}", pieces[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void Split_RestOfAFewWords_IsSharedOut()
    {
        string text = $"[S1] {string.Join(' ', Enumerable.Repeat(Sentence, 6))} Bye.";

        double[] seconds = [.. ScriptSplitter.Split(text).Select(piece => ScriptSplitter.EstimateDuration(piece).TotalSeconds)];

        Assert.Equal(2, seconds.Length);
        Assert.All(seconds, duration => Assert.InRange(duration, 8, 14));
    }

    [Theory]
    [InlineData("Mr. Smith met Dr. Jones and J. Doe.")]
    [InlineData("Is it \"the end?\" he said, \"or what?\"")]
    public void Split_AbbreviationOrQuotation_StaysInItsSentence(string sentence)
    {
        var options = new ScriptSplitOptions { MaxDuration = TimeSpan.FromSeconds(5) };

        IReadOnlyList<string> pieces = ScriptSplitter.Split($"[S1] {Sentence} {sentence} {Sentence}", options);

        Assert.Equal(3, pieces.Count);

        Assert.Contains(pieces, piece => piece.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public void Split_SentenceThatIsTooLong_CutsBehindACommaThenBetweenWords()
    {
        var options = new ScriptSplitOptions { MaxDuration = TimeSpan.FromSeconds(2) };

        Assert.Equal(
            ["[S1] When the rain had ended,", "[S1] everybody went home", "[S1] (clears throat) cheerfully."],
            ScriptSplitter.Split("When the rain had ended, everybody went home (clears throat) cheerfully.", options));
        Assert.Equal(
            ["[S1] " + new string('a', 25), "[S1] " + new string('a', 25), "[S1] aa"],
            ScriptSplitter.Split(new string('a', 52), options));
    }

    [Fact]
    public void Split_CloseWithTag_EndsPiecesOfSeveralTurns()
    {
        var options = new ScriptSplitOptions { MaxTurns = 2, CloseWithTag = true };

        Assert.Equal(["[S1] A. [S2] B. [S1]", "[S1] C."], ScriptSplitter.Split("[S1] A. [S2] B. [S1] C.", options));
    }

    [Fact]
    public void Options_OutOfRange_ThrowWithTheRange()
    {
        AssertThrows.Message<ArgumentOutOfRangeException>("MaxDuration must be at least 00:00:02", () => new ScriptSplitOptions { MaxDuration = TimeSpan.FromSeconds(1) });
        AssertThrows.Message<ArgumentOutOfRangeException>("MaxTurns must be at least 1", () => new ScriptSplitOptions { MaxTurns = 0 });
        AssertThrows.Message<ArgumentOutOfRangeException>("MaxTokens must be at least 32", () => new ScriptSplitOptions { MaxTokens = 31 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Split_RandomScripts_KeepsEveryWordInOrderWithinTheLimits(int seed)
    {
        var random = new Random(seed);
        for (int round = 0; round < 100; round++)
        {
            string text = RandomScript(random);
            var options = new ScriptSplitOptions
            {
                MaxDuration = TimeSpan.FromSeconds(random.Next(2, 30)),
                MaxTurns = random.Next(1, 6),
                MaxTokens = random.Next(32, 400),
                CloseWithTag = random.Next(2) == 0,
            };

            IReadOnlyList<string> pieces = ScriptSplitter.Split(text, options);

            Assert.All(pieces, piece =>
            {
                Assert.True(ScriptSplitter.EstimateDuration(piece) <= options.MaxDuration, $"seed {seed}, round {round}: {piece}");
                Assert.InRange(new DiaTokenizer().Encode(piece).Length, 1, options.MaxTokens);
                int closing = options.CloseWithTag || piece == pieces[^1] ? 1 : 0;
                Assert.InRange(piece.Split("[S").Length - 1, 0, options.MaxTurns + closing);
            });
            Assert.Equal(Spoken(text), Spoken(string.Join(' ', pieces)));
        }
    }

    // Words may be cut, and tags repeated at the beginning of a piece.
    private static string Spoken(string text) => Regex.Replace(text, @"\[S[12]\]|\s", "");

    private static string RandomScript(Random random)
    {
        string[] words =
        [
            "tea", "or", "coffee,", "please.", "Really?", "Yes!", "Mr. Smith", "\n", "(laughs)", "(clears throat)", "[S1]", "[S2]", "naïve", "日本語",
            "well\u2026", "supercalifragilisticexpialidocious", "[odd]", "e.g.", "\"Quoted.\"",
        ];
        return string.Join(' ', Enumerable.Range(0, random.Next(1, 200)).Select(_ => words[random.Next(words.Length)]));
    }
}
