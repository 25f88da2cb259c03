namespace DiaNative.Tests;

public sealed class DiaComparisonTests
{
    private static readonly string[] s_scripts = ["[S1] Hello there.", "[S2] One, two. [S1] Three!"];
    private static readonly DiaModelOptions s_oneThread = new() { Threads = 1 };
    private static readonly ComparisonOptions s_short = new() { Generation = new GenerationOptions { MaxNewTokens = 50 } };

    [Fact]
    public void Compare_ModelWithItself_AgreesInEverything()
    {
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, s_oneThread);

        ModelComparison same = DiaComparison.Compare(model, model, s_scripts, s_short);

        Assert.Equal(1, same.Total.Agreement);
        Assert.Equal(0, same.Total.MaxDivergence);
        Assert.Equal(0, same.LogitsMaxError);
        Assert.Equal(0, same.MelDistance);
        Assert.Equal(s_scripts, same.Scripts.Select(script => script.Script));
        Assert.Equal(model.Config.Decoder.NumChannels, same.Channels.Count);
        Assert.Equal(same.Channels.Sum(channel => channel.Positions), same.Total.Positions);
        int frames = same.Scripts.Sum(script => script.Frames);
        Assert.All(
            same.Channels,
            channel => Assert.Equal(frames - (s_scripts.Length * model.Config.DelayPattern[channel.Channel]), channel.Positions));
    }

    [Fact]
    public async Task CompareAsync_FewerBits_AreFurtherAway()
    {
        using var folder = new TemporaryFolder();
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, s_oneThread);
        double last = 0;
        var errors = new List<ModelComparison>();
        foreach (WeightType type in (WeightType[])[WeightType.F16, WeightType.Q8_0, WeightType.Q4_0])
        {
            string path = folder.PathTo($"{type}.gguf");
            DiaQuantizer.Quantize(GoldenSet.Tiny.Model, path, new QuantizationOptions { WeightType = type, ThreadCount = 1 });
            using DiaModel candidate = DiaModel.Load(path, s_oneThread);
            errors.Add(await DiaComparison.CompareAsync(model, candidate, s_scripts, s_short, new ImmediateProgress<double>(part => last = part)));
        }

        Assert.Equal(1, last);
        Assert.Equal(errors.OrderBy(error => error.LogitsRelativeRms), errors);
        Assert.Equal(errors.OrderBy(error => error.Total.MeanDivergence), errors);
        Assert.InRange(errors[0].LogitsRelativeRms, 1e-6, 1e-2);
        Assert.InRange(errors[2].LogitsRelativeRms, 0.05, 1);
        Assert.True(errors[2].Total.Agreement < errors[0].Total.Agreement, $"{errors[2].Total} and {errors[0].Total}");
        Assert.True(errors[2].CandidateSizeInBytes < errors[2].ReferenceSizeInBytes);
    }

    [Fact]
    public void Compare_WithoutGuidanceOrCodec_LeavesThemOut()
    {
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, s_oneThread with { LoadCodec = false });

        ModelComparison same = DiaComparison.Compare(
            model, model, s_scripts[..1], s_short with { Generation = s_short.Generation with { GuidanceScale = 1 } });

        Assert.Equal(1, same.GuidanceScale);
        Assert.Null(same.MelDistance);
        Assert.Equal(1, same.Total.Agreement);
    }

    [Fact]
    public void Compare_BadArguments_Throws()
    {
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, s_oneThread);
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();

        Assert.Throws<ArgumentException>(() => DiaComparison.Compare(model, model, []));
        Assert.Throws<ArgumentNullException>(() => DiaComparison.Compare(null!, model, s_scripts));
        Assert.Throws<ArgumentNullException>(() => new ComparisonOptions { Generation = null! });
        Assert.ThrowsAny<OperationCanceledException>(() => DiaComparison.Compare(model, model, s_scripts, s_short, cancellationToken: cancelled.Token));
        Assert.Throws<InvalidOperationException>(() => DiaComparison.Compare(
            model, model, s_scripts, new ComparisonOptions { Generation = new GenerationOptions { MaxNewTokens = 5 } }));
    }

    [Fact]
    public void DivergenceTo_KnownDistributions_IsTheTextbooks()
    {
        float[] half = [MathF.Log(0.5f), MathF.Log(0.5f)];
        float[] quarter = [MathF.Log(0.25f), MathF.Log(0.75f)];
        var a = new Prediction(half, default, 1, 0);
        var b = new Prediction(quarter, default, 1, 0);

        Assert.Equal((0.5 * Math.Log(0.5 / 0.25)) + (0.5 * Math.Log(0.5 / 0.75)), a.DivergenceTo(b), 6);
        Assert.Equal(0, a.DivergenceTo(a));
        Assert.Equal(1, b.Token);
    }

    [Fact]
    public void Prediction_Guidance_CutsByGuidedLogitsAndChoosesByConditionalOnes()
    {
        float[] conditional = [3, 2, 1, 0];
        float[] unconditional = [5, 1, 0, 0];

        Assert.Equal(1, new Prediction(conditional, unconditional, 2, 2).Token);
        Assert.Equal(0, new Prediction(conditional, unconditional, 2, 4).Token);
        Assert.Equal(1, new Prediction(conditional, unconditional, 2, 0).Token);
    }

    [Fact]
    public void MelSpectrogram_Sine_IsLoudestInItsBand()
    {
        const int Rate = 44100;
        float[] sine = [.. Enumerable.Range(0, 8192).Select(i => 0.5f * MathF.Sin(2 * MathF.PI * 1000 * i / Rate))];
        var mel = new MelSpectrogram(Rate);

        double[] bands = mel.Decibels(sine.AsSpan(0, 1024));

        double melOf1000 = 2595 * Math.Log10(1 + (1000 / 700.0));
        double band = (melOf1000 / (2595 * Math.Log10(1 + (Rate / 2.0 / 700))) * 81) - 1;
        Assert.InRange(Array.IndexOf(bands, bands.Max()), band - 1, band + 1);
        Assert.InRange(bands.Max(), -9, -3);
    }

    [Fact]
    public void MelSpectrogram_Noise_IsFarFromSilenceAndHalfOfItSixDecibelsAway()
    {
        var random = new Random(1);
        float[] noise = [.. Enumerable.Range(0, 8192).Select(_ => random.NextSingle() - 0.5f)];
        var mel = new MelSpectrogram(44100);

        Assert.Equal(0, mel.Distance(noise, noise));
        Assert.InRange(mel.Distance(noise, new float[8192]), 40, 100);
        Assert.Equal(6.02, mel.Distance(noise, [.. noise.Select(sample => sample / 2)]), 0.4);
    }
}
