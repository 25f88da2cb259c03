using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DiaNative.Tests;

public sealed class DiaModelTests
{
    [Fact]
    public void Load_TinyModel_TellsWhatTheCheckpointStates()
    {
        using DiaModel model = TinyModel.Load();

        DiaConfig expected = DiaConfig.FromJson(File.ReadAllText(Path.Combine(GoldenSet.Tiny.ModelDirectory, "config.json")));
        Assert.Equal(expected, model.Config);
        Assert.Equal(DacConfig.FromJson(File.ReadAllText(Path.Combine(GoldenSet.Tiny.CodecDirectory, "config.json"))), model.CodecConfig);
        Assert.Equal((true, 1.2f, 45, 0.95f, 3f), (
            model.GenerationDefaults.DoSample,
            model.GenerationDefaults.Temperature,
            model.GenerationDefaults.TopK,
            model.GenerationDefaults.TopP,
            model.GenerationDefaults.GuidanceScale));
        Assert.Equal(3072, model.DefaultMaxLength);
        Assert.Equal(GoldenSet.Tiny.Model, model.Path);
        Assert.NotEmpty(model.Description);
        Assert.True(model.ParameterCount > 100_000, $"{model.ParameterCount} parameters");
        Assert.True(model.CodecParameterCount > 10_000, $"{model.CodecParameterCount} parameters of the codec");
        Assert.True(model.SizeInBytes >= 4 * (model.ParameterCount + model.CodecParameterCount), $"{model.SizeInBytes} bytes");
    }

    [Fact]
    public void Load_WithoutCodec_HasNone()
    {
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { LoadCodec = false, UseMemoryMap = false });

        Assert.Null(model.CodecConfig);
        Assert.Equal(0, model.CodecParameterCount);
        Assert.Throws<InvalidOperationException>(() => new DacCodec(model));
        Assert.Throws<InvalidOperationException>(() => new DiaTextToSpeech(model));
    }

    [Fact]
    public void Load_NamedDevice_IsWhereTheModelIs()
    {
        DeviceInfo processor = DiaRuntime.Devices[0];
        Assert.Equal(("CPU", DeviceType.Cpu), (processor.Name, processor.Type));
        Assert.NotEmpty(processor.Description);
        Assert.True(processor.TotalMemory > 0);

        foreach (DeviceInfo device in DiaRuntime.Devices)
        {
            var options = new DiaModelOptions { Device = device.Name.ToLowerInvariant() };
            using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, options);

            Assert.Equal(device.Name, model.Device);
            Assert.Equal(device.Type == DeviceType.Cpu ? 0 : model.Config.Decoder.NumHiddenLayers + 1, model.GpuLayerCount);
            Assert.Equal(device.Name, DiaModel.EstimateMemory(GoldenSet.Tiny.Model, options: options).Devices[^1].Device);
        }
    }

    [Fact]
    public void Load_SomeLayersOnAGpu_SpeaksOfThem()
    {
        foreach (DeviceInfo device in DiaRuntime.Devices)
        {
            using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { Device = device.Name, GpuLayerCount = 1 });

            Assert.Equal(device.Type == DeviceType.Cpu ? 0 : 1, model.GpuLayerCount);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaModelOptions { GpuLayerCount = -1 });
    }

    [Fact]
    public void Load_UnknownDevice_TellsWhichThereAre()
    {
        var options = new DiaModelOptions { Device = "Abacus7" };

        AssertThrows.Message<ArgumentException>("\"Abacus7\", expected \"auto\" or one of: CPU", () => DiaModel.Load(GoldenSet.Tiny.Model, options));
        Assert.Throws<ArgumentException>(() => DiaModel.EstimateMemory(GoldenSet.Tiny.Model, options: options));
    }

    [Fact]
    public void Load_MissingFileOrFolder_NamesIt()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(folder.PathTo("x.gguf"), Assert.Throws<FileNotFoundException>(() => DiaModel.Load(folder.PathTo("x.gguf"))).FileName);
        AssertThrows.Message<IOException>("is a folder", () => DiaModel.Load(folder.FullName));
        Assert.Throws<ArgumentException>(() => DiaModel.Load(""));
    }

    [Fact]
    public void Load_NoGguf_NamesTheFile()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathTo("broken.gguf"), "This is no GGUF file, but long enough to have a header.");

        DiaFileException exception = Assert.Throws<DiaFileException>(() => DiaModel.Load(folder.PathTo("broken.gguf")));

        Assert.Contains("broken.gguf", exception.Message, StringComparison.Ordinal);
        Assert.Equal(DiaErrorCode.InvalidFile, exception.Code);
    }

    [Fact]
    public void Load_TruncatedFile_Throws()
    {
        using var folder = new TemporaryFolder();
        byte[] bytes = File.ReadAllBytes(GoldenSet.Tiny.Model);
        File.WriteAllBytes(folder.PathTo("half.gguf"), bytes[..(bytes.Length / 2)]);

        Assert.Throws<DiaFileException>(() => DiaModel.Load(folder.PathTo("half.gguf")));
    }

    [Fact]
    public void Load_PathInAnotherScript_Works()
    {
        using var folder = new TemporaryFolder();
        File.Copy(GoldenSet.Tiny.Model, folder.PathTo("модель 😀.gguf"));

        using DiaModel model = DiaModel.Load(folder.PathTo("модель 😀.gguf"));

        Assert.Equal(9, model.Config.Decoder.NumChannels);
    }

    [Fact]
    public async Task LoadAsync_Progress_EndsWithTheTotal()
    {
        var reports = new ConcurrentQueue<ByteProgress>();

        using DiaModel model = await DiaModel.LoadAsync(
            GoldenSet.Tiny.Model, new DiaModelOptions { UseMemoryMap = false }, new ImmediateProgress<ByteProgress>(reports.Enqueue));

        ByteProgress last = reports.Last();
        Assert.Equal((last.Total, 1d), (last.Done, last.Fraction));
        Assert.Equal(reports.OrderBy(report => report.Done), reports);
    }

    [Fact]
    public async Task LoadAsync_ProgressThrows_ThrowsThatException()
    {
        var progress = new ImmediateProgress<ByteProgress>(_ => throw new TimeZoneNotFoundException("mine"));

        TimeZoneNotFoundException exception = await Assert.ThrowsAsync<TimeZoneNotFoundException>(
            () => DiaModel.LoadAsync(GoldenSet.Tiny.Model, new DiaModelOptions { UseMemoryMap = false }, progress));

        Assert.Equal("mine", exception.Message);
    }

    [Fact]
    public async Task LoadAsync_CancelledBeforeOrDuring_Throws()
    {
        using var source = new CancellationTokenSource();
        var progress = new ImmediateProgress<ByteProgress>(_ => source.Cancel());

        OperationCanceledException exception = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => DiaModel.LoadAsync(GoldenSet.Tiny.Model, new DiaModelOptions { UseMemoryMap = false }, progress, source.Token));

        Assert.Equal(source.Token, exception.CancellationToken);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DiaModel.LoadAsync(GoldenSet.Tiny.Model, cancellationToken: source.Token));
    }

    [Fact]
    public void Dispose_Twice_IsFineAndEndsUse()
    {
        DiaModel model = TinyModel.Load();
        model.Dispose();
        model.Dispose();

        Assert.Throws<ObjectDisposedException>(() => new DiaGenerator(model));
        Assert.Throws<ObjectDisposedException>(() => new DacCodec(model));
        Assert.Equal(9, model.Config.Decoder.NumChannels);
    }

    [Fact]
    public void Load_LoggerFactory_ReceivesManagedAndNativeMessages()
    {
        var logger = new RecordingLogger();
        using var factory = LoggerFactoryOf(logger);

        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { LoggerFactory = factory });

        Assert.Contains(logger.Messages, message => message.StartsWith("Loaded ", StringComparison.Ordinal));
        Assert.Contains(logger.EventIds, id => id == 9);
    }

    [Fact]
    public void Load_LoggerThrows_LoadsAllTheSame()
    {
        var logger = new RecordingLogger { ThrowOnEventId = 9 };
        using var factory = LoggerFactoryOf(logger);

        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { LoggerFactory = factory });

        Assert.NotEmpty(model.Description);
    }

    private static SingleLoggerFactory LoggerFactoryOf(ILogger logger) => new(logger);
}
