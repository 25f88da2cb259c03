namespace DiaNative.Tests.Processing;

public sealed class DelayPatternTests
{
    private const int Bos = 26;
    private const int Pad = 25;

    private static readonly int[] s_delays = [0, 2, 3];

    private static readonly int[,,] s_undelayed =
    {
        { { Bos, Bos, Bos }, { 1, 11, 21 }, { 2, 12, 22 }, { 3, 13, 23 }, { 4, 14, 24 }, { Pad, Pad, Pad }, { Pad, Pad, Pad }, { Pad, Pad, Pad } },
    };

    private static readonly int[,,] s_delayed =
    {
        { { Bos, Bos, Bos }, { 1, Bos, Bos }, { 2, Bos, Bos }, { 3, 11, Bos }, { 4, 12, 21 }, { Pad, 13, 22 }, { Pad, 14, 23 }, { Pad, Pad, 24 } },
    };

    [Fact]
    public void Apply_FramesOfThreeChannels_ShiftsEveryChannelByItsDelay() =>
        Assert.Equal(s_delayed, DelayPattern.Apply(s_undelayed, s_delays, Bos));

    [Fact]
    public void Revert_DelayedTokens_ShiftsBackAndFillsTheEnd() =>
        Assert.Equal(
            new[, ,]
            {
                { { Bos, Bos, Bos }, { 1, 11, 21 }, { 2, 12, 22 }, { 3, 13, 23 }, { 4, 14, 24 }, { Pad, Pad, -1 }, { Pad, -1, -1 }, { Pad, -1, -1 } },
            },
            DelayPattern.Revert(s_delayed, s_delays));

    [Fact]
    public void Apply_GoldenPrompts_GivesTheDecoderInputsOfTheReference()
    {
        GoldenCase golden = GoldenSet.Tiny.Case("processor/audio3");
        var config = new DiaConfig();
        int[,,] delayed = golden.Cube("decoder_input_ids");
        int[,,] frames = DelayPattern.Revert(delayed, config.DelayPattern, config.PadTokenId);

        Assert.Equal(delayed, DelayPattern.Apply(frames, config.DelayPattern, config.BosTokenId));
    }

    [Fact]
    public void Apply_WrongDelays_Throws()
    {
        AssertThrows.Message<ArgumentException>("2 delays for 3 channels", () => DelayPattern.Apply(s_undelayed, [0, 1], Bos));
        AssertThrows.Message<ArgumentException>("must not be negative: 0, -1, 2", () => DelayPattern.Revert(s_undelayed, [0, -1, 2]));
    }

    [Fact]
    public void Apply_DelayBeyondTheEnd_LosesTheChannel() =>
        Assert.Equal(new[, ,] { { { Bos }, { Bos } } }, DelayPattern.Apply(new[, ,] { { { 1 }, { 2 } } }, [int.MaxValue], Bos));
}
