namespace DiaNative.Tests;

public sealed class GenerationGateTests
{
    [Fact]
    public async Task MaxConcurrentGenerations_One_LetsTheSecondWait()
    {
        using DiaTextToSpeech tts = Load(maxConcurrentGenerations: 1);
        using var stop = new CancellationTokenSource();
        var began = new TaskCompletionSource();
        Task<SpeechResult> first = tts.SpeakAsync(
            TinyModel.Text, TinyModel.Endless, new ImmediateProgress<GenerationProgress>(_ => began.TrySetResult()), stop.Token);
        await began.Task.WaitAsync(TimeSpan.FromMinutes(1));

        Task<SpeechResult> second = tts.SpeakAsync(TinyModel.Text, TinyModel.Greedy);
        using var impatient = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => tts.SpeakAsync(TinyModel.Text, TinyModel.Greedy, null, impatient.Token));
        Assert.Throws<OperationCanceledException>(() => tts.Speak(TinyModel.Text, TinyModel.Greedy, null, impatient.Token));
        Assert.False(second.IsCompleted);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        SpeechResult speech = await second.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(tts.Speak(TinyModel.Text, TinyModel.Greedy).Audio.Samples.ToArray(), speech.Audio.Samples.ToArray());
    }

    [Fact]
    public async Task MaxConcurrentGenerations_One_ServesEveryKindOfCall()
    {
        using DiaTextToSpeech tts = Load(maxConcurrentGenerations: 1);
        var dia = new DiaForConditionalGeneration(tts.Model);
        DiaInputs inputs = tts.Processor.Process(TinyModel.Text);

        await tts.SpeakAllAsync([TinyModel.Text, "[S1] Hi."], TinyModel.Greedy);
        tts.Speak(TinyModel.Text, TinyModel.Greedy);
        dia.Generate(inputs, TinyModel.Greedy);
        await dia.GenerateAsync(inputs, TinyModel.Greedy);
        await foreach (AudioChunk chunk in tts.SpeakStreamingAsync(TinyModel.Text, TinyModel.Greedy))
        {
            Assert.NotNull(chunk.Audio);
        }

        await Assert.ThrowsAsync<ArgumentException>(() => tts.SpeakAsync("", TinyModel.Greedy));
        Assert.NotEqual(0, (await tts.SpeakAsync(TinyModel.Text, TinyModel.Greedy)).Audio.Samples.Length);
    }

    [Fact]
    public void MaxConcurrentGenerations_Zero_NamesTheRange() =>
        AssertThrows.Message<ArgumentOutOfRangeException>(
            "MaxConcurrentGenerations must be at least 1, not 0.", () => new DiaModelOptions { MaxConcurrentGenerations = 0 });

    private static DiaTextToSpeech Load(int maxConcurrentGenerations) => DiaTextToSpeech.Create(
        GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1, MaxConcurrentGenerations = maxConcurrentGenerations });
}
