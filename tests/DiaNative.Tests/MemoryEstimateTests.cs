namespace DiaNative.Tests;

/// <summary>What speaking will take, and the limit that refuses it.</summary>
public sealed class MemoryEstimateTests
{
    private const long Plenty = 1L << 40;

    private static readonly MemoryRequest s_request = new() { TextLength = 100, Generation = new GenerationOptions { MaxNewTokens = 300 } };

    [Fact]
    public void EstimateMemory_TinyModel_AddsUpPerDevice()
    {
        MemoryEstimate estimate = DiaModel.EstimateMemory(GoldenSet.Tiny.Model, s_request);

        DeviceMemory device = Assert.Single(estimate.Devices);
        Assert.Equal("CPU", device.Device);
        Assert.True(device.WeightsAreMapped);
        Assert.All(
            [device.Weights, device.SelfCache, device.CrossCache, device.Encoder, device.Prefill, device.Step, device.Codec, device.Audio, device.Other],
            bytes => Assert.True(bytes > 0, $"{bytes} bytes"));
        Assert.Equal((device.Total, device.TotalStreaming), (estimate.Total, estimate.TotalStreaming));
        Assert.InRange(estimate.Total, device.Weights + device.Codec, estimate.TotalStreaming);
    }

    [Fact]
    public void EstimateMemory_Options_Count()
    {
        DeviceMemory given = Estimate(s_request);
        GenerationOptions generation = s_request.Generation;

        Assert.InRange(Estimate(s_request with { RowCount = 3 }).SelfCache, (3 * given.SelfCache) - 256, (3 * given.SelfCache) + 256);
        Assert.True(Estimate(s_request with { TextLength = null }).CrossCache > given.CrossCache);
        Assert.True(Estimate(s_request with { PromptFrames = 500 }).Prefill > given.Prefill);
        Assert.True(Estimate(s_request with { Generation = generation with { GuidanceScale = 1 } }).SelfCache < given.SelfCache);
        Assert.True(Estimate(s_request with { Generation = generation with { CacheType = WeightType.F16 } }).SelfCache < given.SelfCache);
        Assert.True(Estimate(s_request with { Generation = new GenerationOptions { MaxDuration = TimeSpan.FromSeconds(60) } }).Audio > given.Audio);
        Assert.True(Estimate(s_request with { Generation = new GenerationOptions { MaxLength = 100 } }).Audio < given.Audio);
        Assert.True(Estimate(s_request, new DiaModelOptions { Threads = 4 }).Codec > Estimate(s_request, new DiaModelOptions { Threads = 1 }).Codec);
        Assert.Equal(0, Estimate(s_request, new DiaModelOptions { LoadCodec = false }).Codec);
        Assert.False(Estimate(s_request, new DiaModelOptions { UseMemoryMap = false }).WeightsAreMapped);
    }

    [Fact]
    public void EstimateMemory_WhatCannotBe_Throws()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathTo("broken.gguf"), "This is no GGUF file, but long enough to have a header.");

        Assert.Throws<FileNotFoundException>(() => DiaModel.EstimateMemory(folder.PathTo("x.gguf")));
        Assert.Throws<DiaFileException>(() => DiaModel.EstimateMemory(folder.PathTo("broken.gguf")));
        Assert.Throws<TextTooLongException>(() => Estimate(s_request with { TextLength = 100_000 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRequest { RowCount = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRequest { RowCount = 65_537 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRequest { TextLength = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MemoryRequest { PromptFrames = -1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaModelOptions { MaxMemory = 0 });
    }

    [Fact]
    public void EstimateMemory_Generator_IsThatOfItsRows()
    {
        using DiaModel model = TinyModel.Load();
        using var generator = new DiaGenerator(model, s_request.Generation);

        Assert.Throws<InvalidOperationException>(generator.EstimateMemory);
        generator.Add(new string('a', 100));

        DeviceMemory expected = Estimate(s_request, model.Options);
        DeviceMemory found = generator.EstimateMemory().Devices[0];
        Assert.Equal(
            expected with { Process = 0, Total = 0, TotalStreaming = 0 },
            found with { Process = 0, Total = 0, TotalStreaming = 0 });
    }

    [Fact]
    public void Load_MaxMemoryTooSmall_Throws()
    {
        var options = new DiaModelOptions { MaxMemory = 1_000_000 };

        MemoryLimitException exception = Assert.Throws<MemoryLimitException>(() => DiaModel.Load(GoldenSet.Tiny.Model, options));

        Assert.Equal(DiaErrorCode.MemoryLimit, exception.Code);
        Assert.Contains("max_memory is 1.00 MB", exception.Message, StringComparison.Ordinal);
        Assert.Contains("of weights", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Speak_BeyondMaxMemory_ThrowsAndLeavesTheModelUsable()
    {
        // The process of the tests grows meanwhile, but not by so much as two hundred rows would take.
        string[] many = [.. Enumerable.Repeat(TinyModel.Text, 200)];
        long share = Estimate(s_request with { RowCount = many.Length }).SelfCache;
        using var tts = DiaTextToSpeech.Create(
            GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1, MaxMemory = Estimate(s_request).TotalStreaming + (share / 2) });

        MemoryLimitException exception = Assert.Throws<MemoryLimitException>(() => tts.SpeakAll(many, s_request.Generation));

        Assert.Contains("of caches", exception.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, (await tts.SpeakAsync(TinyModel.Text, TinyModel.Greedy)).Audio.Samples.Length);
    }

    [Fact]
    public void Speak_WithinMaxMemory_IsTheSame()
    {
        using var free = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
        using var limited = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1, MaxMemory = Plenty });

        Assert.Equal(
            free.Speak(TinyModel.Text, TinyModel.Greedy).Codes.Cast<int>(), limited.Speak(TinyModel.Text, TinyModel.Greedy).Codes.Cast<int>());
    }

    private static DeviceMemory Estimate(MemoryRequest request, DiaModelOptions? options = null) =>
        DiaModel.EstimateMemory(GoldenSet.Tiny.Model, request, options).Devices[0];
}
