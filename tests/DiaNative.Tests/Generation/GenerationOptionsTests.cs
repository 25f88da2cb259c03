using DiaNative.Interop;

namespace DiaNative.Tests.Generation;

public sealed class GenerationOptionsTests
{
    private static readonly DiaGenerationParams s_defaults = new()
    {
        DoSample = 1,
        Temperature = 1.2f,
        TopP = 0.95f,
        TopK = 45,
        GuidanceScale = 3,
        DefaultMaxLength = 3072,
        KvType = DiaType.Auto,
    };

    [Fact]
    public void ApplyTo_NothingStated_KeepsTheDefaultsOfTheModel()
    {
        DiaGenerationParams result = new GenerationOptions().ApplyTo(s_defaults, modelThreads: 3);

        Assert.Equal((1, 1.2f, 0.95f, 45, 3f), (result.DoSample, result.Temperature, result.TopP, result.TopK, result.GuidanceScale));
        Assert.Equal((0L, 0L, 0d, 0L), (result.MaxNewTokens, result.MaxLength, result.MaxSeconds, result.MinNewTokens));
        Assert.Equal(3072, result.DefaultMaxLength);
        Assert.Equal((0, 3, DiaType.Auto), (result.HasSeed, result.NThreads, result.KvType));
    }

    [Fact]
    public void ApplyTo_EverythingStated_ReplacesTheDefaults()
    {
        var options = new GenerationOptions
        {
            DoSample = false,
            Temperature = 0.5f,
            TopP = 0.8f,
            TopK = 0,
            GuidanceScale = 1,
            MaxNewTokens = 100,
            MaxLength = 200,
            MaxDuration = TimeSpan.FromSeconds(1.5),
            MinNewTokens = 4,
            Seed = ulong.MaxValue,
            Threads = 2,
            CacheType = WeightType.F16,
        };

        DiaGenerationParams result = options.ApplyTo(s_defaults, modelThreads: 3);

        Assert.Equal((0, 0.5f, 0.8f, 0, 1f), (result.DoSample, result.Temperature, result.TopP, result.TopK, result.GuidanceScale));
        Assert.Equal((100L, 200L, 1.5, 4L), (result.MaxNewTokens, result.MaxLength, result.MaxSeconds, result.MinNewTokens));
        Assert.Equal((1, ulong.MaxValue, 2, DiaType.F16), (result.HasSeed, result.Seed, result.NThreads, result.KvType));
    }

    [Fact]
    public void ApplyTo_RulesStated_ReplaceTheDefaults()
    {
        var options = new GenerationOptions
        {
            MinP = 0.1f,
            TypicalP = 0.9f,
            TopH = 0.4f,
            EpsilonCutoff = 0.01f,
            EtaCutoff = 0.02f,
            RepetitionPenalty = 1.3f,
            NoRepeatNgramSize = 3,
            MinLength = 20,
            ExponentialDecayLengthPenalty = new ExponentialDecay(7, 1.1f),
            RenormalizeLogits = true,
            OutputScores = true,
        };

        DiaGenerationParams result = options.ApplyTo(s_defaults, modelThreads: null);

        Assert.Equal((0.1f, 0.9f, 0.4f, 0.01f), (result.MinP, result.TypicalP, result.TopH, result.EpsilonCutoff));
        Assert.Equal((0.02f, 1.3f, 3, 20L), (result.EtaCutoff, result.RepetitionPenalty, result.NoRepeatNgramSize, result.MinLength));
        Assert.Equal((7L, 1.1f), (result.ExponentialDecayStart, result.ExponentialDecayFactor));
        Assert.Equal((1, 1), (result.RenormalizeLogits, result.KeepScores));
    }

    [Theory]
    [InlineData(0.5f, 1f)]
    [InlineData(0f, 0f)]
    [InlineData(1.3f, 1.3f)]
    public void ClampTemperature_BelowOne_RaisesAllButZero(float temperature, float expected) =>
        Assert.Equal(expected, new GenerationOptions { Temperature = temperature, ClampTemperature = true }.ApplyTo(s_defaults, null).Temperature);

    [Fact]
    public void Presets_Values_AreThoseThatTheAuthorsRecommend()
    {
        GenerationOptions recommended = GenerationOptions.Recommended;

        Assert.Equal((true, 1.8f, 0.9f), (recommended.DoSample, recommended.Temperature, recommended.TopP));
        Assert.Equal((45, 3f), (recommended.TopK, recommended.GuidanceScale));
        Assert.Equal(recommended with { GuidanceScale = 4 }, GenerationOptions.VoiceClone);
    }

    public static TheoryData<string, string, Func<GenerationOptions>> Faults => new()
    {
        { "Temperature", "from 0 to 100, not -1", () => new() { Temperature = -1 } },
        { "Temperature", "from 0 to 100, not NaN", () => new() { Temperature = float.NaN } },
        { "Temperature", "from 0 to 100, not Infinity", () => new() { Temperature = float.PositiveInfinity } },
        { "TopK", "at least 0, not -1", () => new() { TopK = -1 } },
        { "TopP", "to 1, not 0", () => new() { TopP = 0 } },
        { "TopP", "to 1, not 1.5", () => new() { TopP = 1.5f } },
        { "TopP", "to 1, not NaN", () => new() { TopP = float.NaN } },
        { "GuidanceScale", "from 1 to 100, not 0.5", () => new() { GuidanceScale = 0.5f } },
        { "MaxNewTokens", "at least 1, not 0", () => new() { MaxNewTokens = 0 } },
        { "MaxLength", "at least 1, not -5", () => new() { MaxLength = -5 } },
        { "MaxDuration", "above 0 and at most one day, not 00:00:00", () => new() { MaxDuration = TimeSpan.Zero } },
        { "MinNewTokens", "at least 0, not -1", () => new() { MinNewTokens = -1 } },
        { "Threads", "at least 1, not 0", () => new() { Threads = 0 } },
        { "CacheType", "Auto, F32, F16 or Q8_0, not Q4_0", () => new() { CacheType = WeightType.Q4_0 } },
        { "MinP", "from 0 to 1, not -0.1", () => new() { MinP = -0.1f } },
        { "TypicalP", "to 1, not 0", () => new() { TypicalP = 0 } },
        { "TopH", "from 0 to 1, not 2", () => new() { TopH = 2 } },
        { "EpsilonCutoff", ", not 1.", () => new() { EpsilonCutoff = 1 } },
        { "EtaCutoff", "from 0 to", () => new() { EtaCutoff = float.NaN } },
        { "RepetitionPenalty", "to 1000, not 0", () => new() { RepetitionPenalty = 0 } },
        { "NoRepeatNgramSize", "at least 0, not -1", () => new() { NoRepeatNgramSize = -1 } },
        { "MinLength", "at least 0, not -1", () => new() { MinLength = -1 } },
        { "MaxTime", "above 0, not 00:00:00", () => new() { MaxTime = TimeSpan.Zero } },
        { "ExponentialDecayLengthPenalty", "a start of at least 0", () => new() { ExponentialDecayLengthPenalty = new(-1, 1.1f) } },
        { "ExponentialDecayLengthPenalty", "a finite factor above 0", () => new() { ExponentialDecayLengthPenalty = new(0, 0) } },
        { "OnCancellation", "one of Throw, ReturnPartial, not 7", () => new() { OnCancellation = (CancellationBehavior)7 } },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Init_OutOfRange_NamesTheOptionItsRangeAndItsValue(string name, string expected, Func<GenerationOptions> create)
    {
        ArgumentOutOfRangeException exception = Assert.Throws<ArgumentOutOfRangeException>(create);

        Assert.Equal(name, exception.ParamName);
        Assert.Contains(name, exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }
}
