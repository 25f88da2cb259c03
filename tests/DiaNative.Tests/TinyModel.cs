namespace DiaNative.Tests;

/// <summary>The golden tiny checkpoint: random weights, real shapes of codes and audio.</summary>
internal static class TinyModel
{
    internal const string Text = "[S1] Wait for me, right? (coughs) [S2] Not today.";

    /// <summary>Greedy and without guidance: fast, and the same at every run.</summary>
    internal static GenerationOptions Greedy { get; } = new() { DoSample = false, GuidanceScale = 1, MaxNewTokens = 40 };

    /// <summary>Long enough that it does not end before a test has cancelled it.</summary>
    internal static GenerationOptions Endless { get; } = new() { Seed = 1, MaxNewTokens = 20_000, MinNewTokens = 20_000 };

    /// <summary>Loads it for one thread: tests run side by side.</summary>
    internal static DiaModel Load() => DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
}
