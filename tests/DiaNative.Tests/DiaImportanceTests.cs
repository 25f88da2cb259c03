namespace DiaNative.Tests;

public sealed class DiaImportanceTests
{
    private static readonly GenerationOptions s_short = new() { MaxNewTokens = 24 };

    [Fact]
    public async Task MeasureAsync_Texts_WritesAFileThatQuantizationUses()
    {
        using var folder = new TemporaryFolder();
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });
        double last = 0;

        await DiaImportance.MeasureAsync(
            model, ["[S1] Hello.", "[S2] Ümlaut!"], folder.PathTo("ü.imatrix"), s_short, new ImmediateProgress<double>(part => last = part));

        Assert.Equal(1, last);
        Assert.Contains(GgufFile.Open(folder.PathTo("ü.imatrix")).Tensors, tensor => tensor.Name == "dia.dec.output.weight.in_sum2");
        var options = new QuantizationOptions { WeightType = WeightType.Q4_0, ThreadCount = 1 };
        DiaQuantizer.Quantize(GoldenSet.Tiny.Model, folder.PathTo("plain.gguf"), options);
        DiaQuantizer.Quantize(GoldenSet.Tiny.Model, folder.PathTo("weighted.gguf"), options with { ImportancePath = folder.PathTo("ü.imatrix") });
        byte[] plain = await File.ReadAllBytesAsync(folder.PathTo("plain.gguf"));
        byte[] weighted = await File.ReadAllBytesAsync(folder.PathTo("weighted.gguf"));
        Assert.Equal(plain.Length, weighted.Length);
        Assert.NotEqual(plain, weighted);
        DiaConverter.Convert(
            GoldenSet.Tiny.ModelDirectory,
            GoldenSet.Tiny.CodecDirectory,
            folder.PathTo("converted.gguf"),
            new ConversionOptions { WeightType = WeightType.Q4_0, CodecWeightType = WeightType.F32, ImportancePath = folder.PathTo("ü.imatrix"), ThreadCount = 1 });
        Assert.Equal(weighted, await File.ReadAllBytesAsync(folder.PathTo("converted.gguf")));
    }

    [Fact]
    public async Task MeasureAsync_Cancelled_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DiaImportance.MeasureAsync(
            model, ["[S1] Hello."], folder.PathTo("x.imatrix"), s_short, new ImmediateProgress<double>(_ => source.Cancel()), source.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void Measure_BadArguments_Throws()
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("x.imatrix");
        using DiaModel model = DiaModel.Load(GoldenSet.Tiny.Model);

        Assert.Throws<ArgumentException>(() => DiaImportance.Measure(model, [], path));
        Assert.Throws<ArgumentException>(() => DiaImportance.Measure(model, ["[S1] One.", ""], path));
        Assert.Throws<ArgumentException>(() => DiaImportance.Measure(model, ["[S1] One.\n[S2] Two."], path));
        Assert.Throws<TextTooLongException>(() => DiaImportance.Measure(model, [new string('a', 2000)], path));
        Assert.Throws<IOException>(() => DiaImportance.Measure(model, ["[S1] One."], folder.PathTo("missing/x"), s_short));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => DiaImportance.Measure(model, ["[S1] One."], path));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }
}
