namespace DiaNative.Extensions.Tests;

/// <summary>The golden tiny checkpoint: random weights, real shapes of codes and audio.</summary>
internal static class TinyModel
{
    internal const string Text = "[S1] Wait for me, right? (coughs) [S2] Not today.";

    internal static string Path => GoldenSet.Tiny.Model;

    /// <summary>Greedy and without guidance: fast, and the same at every run.</summary>
    internal static GenerationOptions Greedy { get; } = new() { DoSample = false, GuidanceScale = 1, MaxNewTokens = 40 };

    internal static DiaTextToSpeech Load() => DiaTextToSpeech.Create(Path, new DiaModelOptions { Threads = 1 });
}
