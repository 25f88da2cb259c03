namespace DiaNative.Tests;

public sealed class TextLintTests
{
    private const string Good =
        "[S1] Did you hear what happened at the station this morning? (laughs) [S2] No, tell me everything about it, please. [S1]";

    [Fact]
    public void Check_TextByTheGuidelines_FindsNothing() => Assert.Empty(TextLint.Check(Good));

    [Theory]
    [InlineData("", TextWarningCode.Empty, 0, 0)]
    [InlineData(" \n", TextWarningCode.Empty, 0, 2)]
    [InlineData("[S1] a\u0001b", TextWarningCode.ForbiddenCharacter, 6, 1)]
    [InlineData("[S1] a<pad>b", TextWarningCode.PaddingToken, 6, 5)]
    public void Check_WhatIsRefused_IsAnError(string text, TextWarningCode code, int position, int length)
    {
        TextWarning warning = Assert.Single(TextLint.Check(text), warning => warning.Severity == TextWarningSeverity.Error);

        Assert.Equal((code, position, length), (warning.Code, warning.Position, warning.Length));
    }

    [Theory]
    [InlineData("{0}", TextWarningCode.NoSpeakerTag, 0, 0)]
    [InlineData("[S2] {0}", TextWarningCode.BeginsWithSecondSpeaker, 0, 4)]
    [InlineData("[S1] Yes. [S1] {0}", TextWarningCode.SameSpeakerTwice, 10, 4)]
    [InlineData("[S1] [S2] {0} [S1]", TextWarningCode.EmptyTurn, 0, 4)]
    [InlineData("[S1] (giggles) {0}", TextWarningCode.UnknownNonVerbal, 5, 9)]
    [InlineData("[S1] (Laughs) {0}", TextWarningCode.UnknownNonVerbal, 5, 8)]
    [InlineData("[S1] [S3] {0}", TextWarningCode.UnknownSpeakerTag, 5, 4)]
    [InlineData("[S1] [s2] {0}", TextWarningCode.UnknownSpeakerTag, 5, 4)]
    [InlineData("[S1] Bücher. {0}", TextWarningCode.NotEnglish, 5, 6)]
    [InlineData("[S1] 𝔘𝔫 {0}", TextWarningCode.NotEnglish, 5, 4)]
    [InlineData("[S1] Well... {0}", TextWarningCode.Ellipsis, 9, 3)]
    [InlineData("[S1] Well\u2026 {0}", TextWarningCode.Ellipsis, 9, 1)]
    [InlineData("[S1] No!! {0}", TextWarningCode.RepeatedExclamation, 7, 2)]
    [InlineData("[S1] No!? {0}", TextWarningCode.RepeatedExclamation, 7, 2)]
    public void Check_GuidelineIgnored_IsFoundAtItsPlace(string format, TextWarningCode code, int position, int length)
    {
        string text = format.Replace("{0}", "There is enough text in this sentence that nobody calls it short, nor is it long.", StringComparison.Ordinal);

        TextWarning warning = Assert.Single(TextLint.Check(text));

        Assert.Equal((code, position, length), (warning.Code, warning.Position, warning.Length));
    }

    [Fact]
    public void Check_NoClosingTag_NamesTheSpeakerBeforeTheLast()
    {
        string text = Good[..^" [S1]".Length];

        TextWarning warning = Assert.Single(TextLint.Check(text));

        Assert.Equal((TextWarningCode.NoClosingTag, TextWarningSeverity.Hint, text.Length), (warning.Code, warning.Severity, warning.Position));
        Assert.Contains("[S1]", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_ShortAndLongText_SaysHowLong()
    {
        Assert.Equal(
            "About 0.5 s of speech; below 5 s it may become noise.",
            Assert.Single(TextLint.Check("[S1] Hello."), warning => warning.Code == TextWarningCode.TooShort).Message);

        string longText = "[S1] " + string.Concat(Enumerable.Repeat("abcde", 75));
        Assert.Equal(
            "About 30 s of speech; beyond 20 s it becomes hurried.",
            Assert.Single(TextLint.Check(longText), warning => warning.Code == TextWarningCode.TooLong).Message);
    }

    [Fact]
    public void Check_MoreTokensThanTheModelReads_IsAnErrorWithBothNumbers()
    {
        string text = "[S1] " + new string('x', 100);

        TextWarning warning = Assert.Single(TextLint.Check(text, maxTokens: 101), warning => warning.Code == TextWarningCode.TooManyTokens);

        Assert.Equal("The text has 102 tokens; the model reads 101.", warning.Message);
        Assert.DoesNotContain(TextLint.Check(text, maxTokens: 102), warning => warning.Code == TextWarningCode.TooManyTokens);
        Assert.Throws<ArgumentOutOfRangeException>(() => TextLint.Check(text, maxTokens: 0));
    }

    [Fact]
    public void Check_SoundThatIsAlmostKnown_NamesTheKnownOne()
    {
        TextWarning warning = Assert.Single(TextLint.Check(Good.Replace("(laughs)", "( Laughing )", StringComparison.Ordinal)));

        Assert.EndsWith("(laughs) is one.", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_EverySoundThatTheModelKnows_IsFine() =>
        Assert.All(NonVerbal.All, sound => Assert.Empty(TextLint.Check(Good.Replace("(laughs)", sound, StringComparison.Ordinal))));

    [Fact]
    public void Check_Errors_AreWhatTheProcessorRefuses()
    {
        using var processor = new DiaProcessor(new DiaFeatureExtractor(), new DiaTokenizer(), codec: null, new DiaConfig());
        string[] texts = [Good, "", "\u0000", "[S1] a\u0002", "[S1] <pad>", "[S1] (giggles) [S1]", "\ud800 alone", new string('y', 1025)];

        Assert.All(texts, text =>
        {
            bool refused = Record.Exception(() => processor.Process(text)) is not null;
            bool found = TextLint.Check(text).Any(warning => warning.Severity == TextWarningSeverity.Error);
            Assert.True(refused == found, $"'{text}': refused {refused}, found {found}");
        });
    }

    [Fact]
    public void Check_SeveralFindings_AreInTheOrderOfTheText()
    {
        IReadOnlyList<TextWarning> warnings = TextLint.Check("Hi (giggles). [S1] Well... [S2] Ähm!! [S2]");

        Assert.Equal(warnings.OrderBy(warning => warning.Position).Select(warning => warning.Code), warnings.Select(warning => warning.Code));
        Assert.Equal(
            new HashSet<TextWarningCode>
            {
                TextWarningCode.NoSpeakerTag, TextWarningCode.TooShort, TextWarningCode.UnknownNonVerbal, TextWarningCode.Ellipsis,
                TextWarningCode.NotEnglish, TextWarningCode.RepeatedExclamation, TextWarningCode.SameSpeakerTwice,
            },
            [.. warnings.Select(warning => warning.Code)]);
    }
}
