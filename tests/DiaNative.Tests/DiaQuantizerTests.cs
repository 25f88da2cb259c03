namespace DiaNative.Tests;

public sealed class DiaQuantizerTests
{
    [Theory]
    [InlineData(WeightType.F16, "f16")]
    [InlineData(WeightType.Q8_0, "q8_0")]
    [InlineData(WeightType.Q5_0, "q5_0")]
    [InlineData(WeightType.IQ4_NL, "iq4_nl")]
    [InlineData(WeightType.Q4_0, "q4_0")]
    public async Task QuantizeAsync_EveryType_WritesWhatThePlanTells(WeightType type, string name)
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("klein ü.gguf");
        var options = new QuantizationOptions { WeightType = type, CodecWeightType = WeightType.F16, ThreadCount = 2 };
        ByteProgress last = default;

        QuantizationPlan plan = DiaQuantizer.Plan(GoldenSet.Tiny.Model, options);
        await DiaQuantizer.QuantizeAsync(GoldenSet.Tiny.Model, path, options, new ImmediateProgress<ByteProgress>(report => last = report));

        Assert.Equal(new FileInfo(path).Length, plan.SizeInBytes);
        Assert.Equal(GgufFile.Open(path).Tensors.Select(Describe), plan.Tensors.Select(Describe));
        Assert.Equal(1, last.Fraction);
        Assert.Contains(plan.Tensors, tensor => tensor.Name == "dia.dec.output.weight" && tensor.Type == name);
        Assert.Contains(plan.Tensors, tensor => tensor.Name == "dac.dec.conv_in.weight" && tensor.Type == "f16");
        using DiaModel model = DiaModel.Load(path);
        Assert.True(model.SizeInBytes < new FileInfo(GoldenSet.Tiny.Model).Length, $"{model.SizeInBytes} bytes");
    }

    [Fact]
    public void Plan_MixAndTensorTypes_ChooseTypes()
    {
        QuantizationPlan plan = DiaQuantizer.Plan(GoldenSet.Tiny.Model, new QuantizationOptions
        {
            WeightType = WeightType.Q4_0,
            Mix = WeightMix.Medium,
            TensorTypes = [new("encoder.*.mlp.*", WeightType.BF16), new("enc.blk.1.ffn_down", WeightType.F32)],
        });

        Assert.Equal("bf16", TypeOf(plan, "dia.enc.blk.0.ffn_down.weight"));
        Assert.Equal("bf16", TypeOf(plan, "dia.enc.blk.1.ffn_gate_up.weight"));
        Assert.Equal("f32", TypeOf(plan, "dia.enc.blk.1.ffn_down.weight"));
        Assert.Equal("q4_0", TypeOf(plan, "dia.dec.blk.0.ffn_gate_up.weight"));
        Assert.NotEqual("q4_0", TypeOf(plan, "dia.dec.output.weight"));
    }

    [Fact]
    public void Quantize_TypeWhoseBlocksDoNotFit_WarnsAndFallsBack()
    {
        using var folder = new TemporaryFolder();
        var log = new RecordingLogger();

        DiaQuantizer.Quantize(
            GoldenSet.Tiny.Model, folder.PathTo("q4_k.gguf"), new QuantizationOptions { WeightType = WeightType.Q4_K, LoggerFactory = new SingleLoggerFactory(log) });

        Assert.Equal("iq4_nl", GgufFile.Open(folder.PathTo("q4_k.gguf")).Tensors.Single(tensor => tensor.Name == "dia.dec.output.weight").Type);
        Assert.Contains(
            log.Messages, message => message.Contains("dia.dec.output.weight is written as iq4_nl", StringComparison.Ordinal));
    }

    [Fact]
    public void Quantize_AlreadyQuantized_NeedsLeave()
    {
        using var folder = new TemporaryFolder();
        DiaQuantizer.Quantize(GoldenSet.Tiny.Model, folder.PathTo("q8.gguf"), new QuantizationOptions { WeightType = WeightType.Q8_0 });
        var options = new QuantizationOptions { WeightType = WeightType.Q4_0 };

        ArgumentException refused = Assert.Throws<ArgumentException>(
            () => DiaQuantizer.Quantize(folder.PathTo("q8.gguf"), folder.PathTo("q4.gguf"), options));
        Assert.Contains("q8_0 already", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DiaQuantizer.Plan(folder.PathTo("q8.gguf"), options));
        DiaQuantizer.Quantize(folder.PathTo("q8.gguf"), folder.PathTo("q4.gguf"), options with { AllowRequantize = true });
        Assert.True(File.Exists(folder.PathTo("q4.gguf")));
    }

    [Fact]
    public async Task QuantizeAsync_Cancelled_LeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var source = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DiaQuantizer.QuantizeAsync(
            GoldenSet.Tiny.Model,
            folder.PathTo("x.gguf"),
            new QuantizationOptions { WeightType = WeightType.Q5_0 },
            new ImmediateProgress<ByteProgress>(report =>
            {
                if (report.Done > 0)
                {
                    source.Cancel();
                }
            }),
            source.Token));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void Quantize_ProgressThrows_ThrowsThatExceptionAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        var progress = new ImmediateProgress<ByteProgress>(_ => throw new TimeZoneNotFoundException());

        Assert.Throws<TimeZoneNotFoundException>(() => DiaQuantizer.Quantize(GoldenSet.Tiny.Model, folder.PathTo("x.gguf"), progress: progress));

        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void Quantize_BadInput_ThrowsAndLeavesNothing()
    {
        using var folder = new TemporaryFolder();
        using var inputs = new TemporaryFolder();
        string output = folder.PathTo("x.gguf");
        string truncated = inputs.PathTo("truncated.gguf");
        File.WriteAllBytes(truncated, File.ReadAllBytes(GoldenSet.Tiny.Model)[..^100]);

        Assert.Throws<DiaFileException>(() => DiaQuantizer.Quantize(truncated, output));
        Assert.Throws<FileNotFoundException>(() => DiaQuantizer.Quantize(inputs.PathTo("missing.gguf"), output));
        Assert.Throws<ArgumentException>(() => DiaQuantizer.Quantize(truncated, ""));
        Assert.Throws<ArgumentException>(() => DiaQuantizer.Quantize(GoldenSet.Tiny.Model, GoldenSet.Tiny.Model));
        Assert.Throws<ArgumentException>(() => DiaQuantizer.Quantize(
            GoldenSet.Tiny.Model, output, new QuantizationOptions { TensorTypes = [new("no.such.tensor", WeightType.F16)] }));
        Assert.Throws<ArgumentException>(() => DiaQuantizer.Quantize(
            GoldenSet.Tiny.Model, output, new QuantizationOptions { TensorTypes = [new("a\0b", WeightType.F16)] }));
        Assert.Throws<ArgumentException>(() => DiaQuantizer.Quantize(GoldenSet.Tiny.Model, output, new QuantizationOptions { Mix = WeightMix.Medium }));
        Assert.Throws<FileNotFoundException>(() => DiaQuantizer.Quantize(
            GoldenSet.Tiny.Model, output, new QuantizationOptions { ImportancePath = inputs.PathTo("missing.gguf") }));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void QuantizationOptions_BadValue_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizationOptions { WeightType = (WeightType)3 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizationOptions { CodecWeightType = WeightType.Q8_0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizationOptions { Mix = (WeightMix)7 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantizationOptions { ThreadCount = 0 });
        Assert.Throws<ArgumentNullException>(() => new QuantizationOptions { TensorTypes = null! });
    }

    private static string Describe(GgufTensor tensor) =>
        $"{tensor.Name} {tensor.Type} {string.Join(',', tensor.Dimensions)} {tensor.Offset} {tensor.SizeInBytes}";

    private static string TypeOf(QuantizationPlan plan, string tensor) => plan.Tensors.Single(candidate => candidate.Name == tensor).Type;
}
