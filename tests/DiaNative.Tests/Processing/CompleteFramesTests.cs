namespace DiaNative.Tests.Processing;

public sealed class CompleteFramesTests
{
    private const int Bos = 26;
    private const int Pad = 98;
    private const int Eos = 25;

    private static readonly DiaConfig s_config = new()
    {
        Decoder = new DiaDecoderConfig { NumChannels = 3, VocabSize = 99, BosTokenId = Bos, EosTokenId = Eos, PadTokenId = Pad },
        DelayPattern = [0, 2, 3],
    };

    // Speech of five frames that ends at position 6.
    private static readonly int[,,] s_ended =
    {
        {
            { Bos, Bos, Bos }, { 1, Bos, Bos }, { 2, Bos, Bos }, { 3, 11, Bos }, { 4, 12, 21 }, { 5, 13, 22 },
            { Eos, 14, 23 }, { Pad, 15, 24 }, { Pad, Eos, 17 }, { Pad, Pad, Eos },
        },
    };

    private static readonly int[,] s_frames = { { 1, 11, 21 }, { 2, 12, 22 }, { 3, 13, 23 }, { 4, 14, 24 }, { 5, 15, 17 } };

    [Fact]
    public void Find_SpeechThatEnded_GivesAllFramesBeforeTheEnd() => Assert.Equal(s_frames, CompleteFrames.Find(s_ended, s_config, [null]).Single());

    [Fact]
    public void Find_PromptLength_LeavesThePromptOut() =>
        Assert.Equal(new[,] { { 4, 14, 24 }, { 5, 15, 17 } }, CompleteFrames.Find(s_ended, s_config, [4]).Single());

    [Theory]
    [InlineData(1, 0)]
    [InlineData(4, 0)]
    [InlineData(5, 1)]
    [InlineData(6, 2)]
    [InlineData(7, 3)]
    public void Find_StoppedAtLength_GivesWhatIsComplete(int length, int expected)
    {
        var stopped = new int[1, length, 3];
        Array.Copy(s_ended, stopped, stopped.Length);

        int[,] frames = CompleteFrames.Find(stopped, s_config, [null]).Single();

        Assert.Equal(expected, frames.GetLength(0));
        Assert.Equal(s_frames.Cast<int>().Take(3 * expected), frames.Cast<int>());
    }

    [Fact]
    public void Find_SeveralRows_BeginsWhereEachOneDoes()
    {
        var tokens = new int[2, s_ended.GetLength(1), 3];
        s_ended.Entry(0).CopyTo(tokens.Entry(0));
        s_ended.Entry(0).CopyTo(tokens.Entry(1));

        Assert.Equal([5, 2], CompleteFrames.Find(tokens, s_config, [null, 4]).Select(codes => codes.GetLength(0)));
    }

    [Fact]
    public void Find_BadArguments_Throws()
    {
        AssertThrows.Message<ArgumentException>("2 channels", () => CompleteFrames.Find(new int[1, 4, 2], s_config, [null]));
        Assert.Throws<ArgumentOutOfRangeException>(() => CompleteFrames.Find(s_ended, s_config, [11]));
        Assert.Throws<ArgumentOutOfRangeException>(() => CompleteFrames.Find(s_ended, s_config, [-1]));
        AssertThrows.Message<ArgumentException>("Token 1 is 99", () => CompleteFrames.Find(new[, ,] { { { 0, 99, 0 } } }, s_config, [null]));
    }
}
