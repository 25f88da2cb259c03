namespace DiaNative.Tests;

/// <summary>Native memory returns to where it was. No other test may run meanwhile: the counter is that of the process.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
public sealed class NothingElseRuns;

[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    private const int Rounds = 1000;

    [Fact]
    public void Generator_ManyRounds_EndsAtTheSameNativeBytes()
    {
        using DiaModel model = TinyModel.Load();
        GenerationOptions options = TinyModel.Greedy with { MaxNewTokens = 3, GuidanceScale = 3 };
        Round(model, options); // What a model makes once, such as its unconditional states, stays.

        long before = DiaRuntime.NativeBytes;
        for (int i = 0; i < Rounds; i++)
        {
            Round(model, options);
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);
    }

    [Fact]
    public void Everything_Disposed_FreesAllNativeMemory()
    {
        long before = DiaRuntime.NativeBytes;
        for (int i = 0; i < 3; i++)
        {
            using DiaTextToSpeech tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1, UseMemoryMap = false });
            tts.Speak(TinyModel.Text, TinyModel.Greedy);
            Assert.True(DiaRuntime.NativeBytes > before, $"{DiaRuntime.NativeBytes} bytes while in use, {before} before");
        }

        Assert.Equal(before, DiaRuntime.NativeBytes);
    }

    private static void Round(DiaModel model, GenerationOptions options)
    {
        using var generator = new DiaGenerator(model, options);
        generator.Add("[S1] Hi.");
        generator.Prefill();
        while (generator.Step() > 0)
        {
        }
    }
}
