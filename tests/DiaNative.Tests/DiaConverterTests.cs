namespace DiaNative.Tests;

public sealed class DiaConverterTests
{
    [Theory]
    [InlineData(WeightType.F16, "f16")]
    [InlineData(WeightType.BF16, "bf16")]
    [InlineData(WeightType.Q8_0, "q8_0")]
    public void Convert_OtherType_WritesItAndLoads(WeightType type, string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("ü.gguf");

        DiaConverter.Convert(GoldenSet.Tiny.ModelDirectory, GoldenSet.Tiny.CodecDirectory, path, new ConversionOptions { WeightType = type });

        Assert.Contains(GgufFile.Open(path).Tensors, tensor => tensor.Type == name);
        using DiaModel model = DiaModel.Load(path);
        Assert.True(model.SizeInBytes < new FileInfo(GoldenSet.Tiny.Model).Length, $"{model.SizeInBytes} bytes");
    }

    [Fact]
    public async Task ConvertAsync_NoCodec_GivesAModelWithoutOne()
    {
        using var folder = new TemporaryFolder();
        ByteProgress last = default;

        await DiaConverter.ConvertAsync(
            GoldenSet.Tiny.ModelDirectory, null, folder.PathTo("codes.gguf"), progress: new ImmediateProgress<ByteProgress>(report => last = report));

        Assert.Equal(1, last.Fraction);
        using DiaModel model = DiaModel.Load(folder.PathTo("codes.gguf"));
        Assert.Null(model.CodecConfig);
    }

    [Fact]
    public async Task ConvertAsync_Cancelled_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DiaConverter.ConvertAsync(
            GoldenSet.Tiny.ModelDirectory,
            GoldenSet.Tiny.CodecDirectory,
            folder.PathTo("x.gguf"),
            progress: new ImmediateProgress<ByteProgress>(_ => source.Cancel()),
            cancellationToken: source.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void Convert_ProgressThrows_ThrowsThatExceptionAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var progress = new ImmediateProgress<ByteProgress>(_ => throw new TimeZoneNotFoundException());

        Assert.Throws<TimeZoneNotFoundException>(
            () => DiaConverter.Convert(GoldenSet.Tiny.ModelDirectory, null, folder.PathTo("x.gguf"), progress: progress));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void DetectFormat_FileOrNot_IsTheFormatOfAuto()
    {
        Assert.Equal(CheckpointFormat.TtsCpp, DiaConverter.DetectFormat(GoldenSet.Tiny.Model));
        Assert.Equal(CheckpointFormat.HuggingFace, DiaConverter.DetectFormat(GoldenSet.Tiny.ModelDirectory));
        Assert.Equal(CheckpointFormat.HuggingFace, DiaConverter.DetectFormat("missing.gguf"));
        Assert.Throws<ArgumentException>(() => DiaConverter.DetectFormat(""));
    }

    [Fact]
    public void Convert_BadPaths_Throws()
    {
        using var folder = new TemporaryFolder();
        string output = folder.PathTo("x.gguf");

        Assert.Throws<DirectoryNotFoundException>(() => DiaConverter.Convert(folder.PathTo("missing"), null, output));
        Assert.Throws<DirectoryNotFoundException>(() => DiaConverter.Convert(GoldenSet.Tiny.ModelDirectory, folder.PathTo("missing"), output));
        Assert.ThrowsAny<Exception>(() => DiaConverter.Convert(folder.FullName, null, output));
        Assert.Throws<IOException>(() => DiaConverter.Convert(GoldenSet.Tiny.ModelDirectory, null, folder.PathTo("missing/x.gguf")));
        Assert.Throws<ArgumentException>(() => DiaConverter.Convert(GoldenSet.Tiny.ModelDirectory, null, folder.PathTo("a\0b.gguf")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void Convert_ModelName_IsThatOfTheFile()
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("named.gguf");

        DiaConverter.Convert(GoldenSet.Tiny.ModelDirectory, null, path, new ConversionOptions { ModelName = "Klein-Dia ü" });

        Assert.Equal("Klein-Dia ü", GgufFile.Open(path).Metadata.Single(entry => entry.Key == "general.name").Value);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    public void ConversionOptions_NameThatIsNone_Throws(int length) =>
        Assert.Throws<ArgumentException>(() => new ConversionOptions { ModelName = new string('x', length) });

    [Fact]
    public void ConversionOptions_CodecTypeThatDacLacks_Throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ConversionOptions { CodecWeightType = WeightType.Q8_0 });
}
