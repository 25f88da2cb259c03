namespace DiaNative.Tests.Generation;

public sealed class GenerationHookTests : IDisposable
{
    private readonly DiaModel _model = TinyModel.Load();
    private readonly DiaProcessor _processor;
    private readonly DiaForConditionalGeneration _dia;
    private readonly DiaInputs _inputs;

    public GenerationHookTests()
    {
        _processor = new DiaProcessor(_model);
        _dia = new DiaForConditionalGeneration(_model);
        _inputs = _processor.Process(TinyModel.Text);
    }

    public void Dispose()
    {
        _dia.Dispose();
        _processor.Dispose();
        _model.Dispose();
    }

    [Fact]
    public void LogitsProcessor_ChangedScores_DecideTheTokens()
    {
        GenerationOptions options = TinyModel.Greedy with
        {
            LogitsProcessor = context =>
            {
                for (int channel = 0; channel < context.Channels; channel++)
                {
                    context.ChannelScores(channel)[100 + channel] = 1000;
                }
            },
        };

        int[,] codes = _dia.Generate(_inputs, options).Rows[0].Codes;

        Assert.Equal(24, codes.GetLength(0));
        for (int channel = 0; channel < 9; channel++)
        {
            Assert.All(Enumerable.Range(0, 24), frame => Assert.Equal(100 + channel, codes[frame, channel]));
        }
    }

    [Fact]
    public void LogitsProcessor_Context_TellsWhereTheGenerationStands()
    {
        var positions = new List<(int Row, int Position, int PromptFrames)>();
        int[]? tokens = null;
        GenerationOptions options = TinyModel.Greedy with
        {
            MaxNewTokens = 20,
            LogitsProcessor = context =>
            {
                positions.Add((context.Row, context.Position, context.PromptFrames));
                Assert.Equal((9, 1028, 9 * 1028), (context.Channels, context.VocabularySize, context.Scores.Length));
                tokens = context.Tokens.ToArray();
            },
        };

        DiaGeneration generation = _dia.Generate(_processor.Process([TinyModel.Text, "[S1] Hi."]), options);

        Assert.Equal(Enumerable.Range(1, 20).SelectMany(position => new[] { (0, position, 0), (1, position, 0) }), positions);
        Assert.Equal(generation.Tokens.Entry(1)[..tokens!.Length].ToArray(), tokens);
    }

    [Fact]
    public void LogitsProcessor_Throws_EndsTheGenerationWithItsException()
    {
        GenerationOptions options = TinyModel.Greedy with
        {
            LogitsProcessor = context =>
            {
                if (context.Position == 5)
                {
                    throw new TimeZoneNotFoundException("from the hook");
                }
            },
        };

        TimeZoneNotFoundException exception = Assert.Throws<TimeZoneNotFoundException>(() => _dia.Generate(_inputs, options));

        Assert.Contains("from the hook", exception.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(LogitsProcessor_Throws_EndsTheGenerationWithItsException), exception.StackTrace, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void LogitsProcessor_NoNumber_IsNamed(float bad)
    {
        GenerationOptions options = TinyModel.Greedy with { LogitsProcessor = context => context.ChannelScores(3)[7] = bad };

        DiaException exception = Assert.Throws<DiaException>(() => _dia.Generate(_inputs, options));

        Assert.Equal(DiaErrorCode.NotANumber, exception.Code);
        Assert.Contains("the logits callback gave token 7 of row 0, channel 3, position 1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LogitsProcessor_NoTokenLeft_IsNamed()
    {
        GenerationOptions options = TinyModel.Greedy with { LogitsProcessor = context => context.Scores.Fill(float.NegativeInfinity) };

        ArgumentException exception = Assert.Throws<ArgumentException>(() => _dia.Generate(_inputs, options));

        Assert.Contains("no token is left for channel 0 of row 0 at position 1: the logits callback", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrefixAllowedTokens_SomeTokens_AreTheOnlyOnes()
    {
        GenerationOptions options = TinyModel.Greedy with
        {
            PrefixAllowedTokens = (row, channel, tokens) => channel == 2 ? [tokens.Length % 2 == 0 ? 10 : 20] : null,
        };

        int[,,] tokens = _dia.Generate(_inputs, options).Tokens;

        // Channel 2 is free from position 10 on, and ends 9 positions behind channel 0.
        Assert.Equal([10, 20, 10, 20], Enumerable.Range(10, 4).Select(position => tokens[0, position, 2]));
    }

    [Theory]
    [InlineData(null, "allows no token at row 0, channel 0, position 1")]
    [InlineData(1028, "allows token 1028 at row 0, channel 0, position 1; tokens are 0 to 1027")]
    [InlineData(-1, "allows token -1")]
    public void PrefixAllowedTokens_WhatCannotBe_IsNamed(int? token, string expected)
    {
        GenerationOptions options = TinyModel.Greedy with { PrefixAllowedTokens = (_, _, _) => token is { } only ? [only] : [] };

        InvalidOperationException exception = Assert.Throws<InvalidOperationException>(() => _dia.Generate(_inputs, options));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PrefixAllowedTokens_WithLogitsProcessor_RunsFirst()
    {
        bool seen = false;
        GenerationOptions options = TinyModel.Greedy with
        {
            MaxNewTokens = 18,
            PrefixAllowedTokens = (_, _, _) => [5, 6],
            LogitsProcessor = context =>
            {
                seen = true;
                Assert.Equal(2, context.ChannelScores(0).ToArray().Count(float.IsFinite));
            },
        };

        _dia.Generate(_inputs, options);

        Assert.True(seen);
    }

    [Fact]
    public void StoppingCriterion_True_EndsTheRowAndKeepsItsFrames()
    {
        GenerationOptions options = TinyModel.Endless with { StoppingCriterion = context => context.Row == 0 && context.State.Frames == 5 };

        DiaGeneration generation = _dia.Generate(
            _processor.Process([TinyModel.Text, "[S1] Hi."]), options with { MaxNewTokens = 40, MinNewTokens = 40 });

        Assert.Equal((FinishReason.StoppingCriterion, 5), (generation.Rows[0].FinishReason, generation.Rows[0].Frames));
        Assert.Equal((FinishReason.Length, 24), (generation.Rows[1].FinishReason, generation.Rows[1].Frames));
    }

    [Fact]
    public void StoppingCriterion_Context_GivesTokensAndFrames()
    {
        int[,]? codes = null;
        GenerationOptions options = TinyModel.Greedy with
        {
            StoppingCriterion = context =>
            {
                Assert.Equal(context.State.Tokens, context.GetTokens().GetLength(0));
                Assert.True(context.Elapsed > TimeSpan.Zero);
                codes = context.GetFrames();
                return context.State.Frames == 3;
            },
        };

        DiaGeneration generation = _dia.Generate(_inputs, options);

        Assert.Equal(generation.Rows[0].Codes, codes);
    }

    [Fact]
    public void StoppingCriterion_Throws_EndsTheGenerationWithItsException()
    {
        GenerationOptions options = TinyModel.Greedy with { StoppingCriterion = _ => throw new TimeZoneNotFoundException("from the criterion") };

        Assert.Throws<TimeZoneNotFoundException>(() => _dia.Generate(_inputs, options));
    }

    [Fact]
    public void MaxTime_Over_EndsEveryRowAfterTheStep()
    {
        GenerationOptions options = TinyModel.Endless with { MaxTime = TimeSpan.FromMilliseconds(100) };

        DiaGeneration generation = _dia.Generate(_processor.Process([TinyModel.Text, "[S1] Hi."]), options);

        Assert.All(generation.Rows, row => Assert.Equal(FinishReason.MaxTime, row.FinishReason));
        Assert.All(generation.Rows, row => Assert.InRange(row.Frames, 0, 19_000));
    }

    [Fact]
    public void Stop_BetweenTwoSteps_EndsTheRow()
    {
        using var generator = new DiaGenerator(_model, TinyModel.Greedy);
        generator.Add(TinyModel.Text);
        Assert.Throws<InvalidOperationException>(() => generator.Stop(0));
        generator.Prefill();
        generator.Step();

        generator.Stop(0);
        generator.Stop(0);

        Assert.Equal((FinishReason.StoppingCriterion, 2), (generator.GetRow(0).FinishReason, generator.GetRow(0).Tokens));
        Assert.Equal(0, generator.Step());
        Assert.Throws<ArgumentException>(() => generator.Stop(1));
    }

    [Fact]
    public void OutputScoresAndLogits_GoldenCase_AreThoseOfTheReference()
    {
        GoldenCase golden = GoldenSet.Tiny.Case("generate/text_eos");

        DiaGenerationRow row = _dia.Generate(golden.Inputs(), golden.Options() with { OutputScores = true, OutputLogits = true }).Rows[0];

        int steps = golden.Cube("sequences").GetLength(1) - 1;
        Assert.Equal((steps, steps), (row.Scores!.Count, row.Logits!.Count));
        foreach (int step in (int[])[0, 9, 30])
        {
            float[] logits = golden.Floats($"raw_logits_{step}");
            AssertNear(golden.Floats($"scores_{step}"), row.Scores[step]);
            AssertNear(logits[..(logits.Length / 2)], row.Logits[step].Conditional);
            AssertNear(logits[(logits.Length / 2)..], row.Logits[step].Unconditional!);
        }
    }

    [Fact]
    public void OutputLogits_WithoutGuidance_HasNoUnconditionalOnes()
    {
        DiaGenerationRow row = _dia.Generate(_inputs, TinyModel.Greedy with { OutputLogits = true }).Rows[0];

        Assert.Null(row.Scores);
        Assert.All(row.Logits!, step => Assert.Null(step.Unconditional));
    }

    [Fact]
    public void GetScores_NotKept_Throws()
    {
        using var generator = new DiaGenerator(_model, TinyModel.Greedy);
        generator.Add(TinyModel.Text);
        generator.Prefill();
        generator.Step();

        Assert.Throws<InvalidOperationException>(() => generator.GetScores(0));
    }

    [Fact]
    public void Rules_TokensThatDoNotExist_AreNamed()
    {
        void Refuse(GenerationOptions options, string expected)
        {
            ArgumentException exception = Assert.Throws<ArgumentException>(() => _dia.Generate(_inputs, options));
            Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        }

        Refuse(new() { SuppressTokens = [1, 1028] }, "suppress_tokens[1] has token 1028");
        Refuse(new() { BeginSuppressTokens = [-1] }, "begin_suppress_tokens[0] has token -1");
        Refuse(new() { BadWordsIds = [[]] }, "bad_words[0] must have 1 to 4096 tokens, found 0");
        Refuse(new() { SequenceBias = [new SequenceBias([1], float.NaN)] }, "the bias of sequence_biases[0] must be finite, found");
        Refuse(new() { SequenceBias = [default] }, "SequenceBias[0] has no tokens");
    }

    private static void AssertNear(float[] expected, float[,] actual)
    {
        Assert.Equal(expected.Select(float.IsFinite), actual.Flat().ToArray().Select(float.IsFinite));
        Difference difference = Difference.Between(Finite(actual.Flat()), Finite(expected));
        Assert.True(difference.MaxAbs <= 1e-4, $"index {difference.WorstIndex} differs by {difference.MaxAbs:G3}");
    }

    // Removed tokens have no difference.
    private static float[] Finite(ReadOnlySpan<float> scores) => [.. scores.ToArray().Select(score => float.IsFinite(score) ? score : 0)];
}
