namespace DiaNative.Tests;

public sealed class GgufFileTests
{
    [Fact]
    public void Open_TinyModel_ListsMetadataAndTensors()
    {
        GgufFile file = GgufFile.Open(GoldenSet.Tiny.Model);

        Assert.Equal("dia", file.Metadata.Single(entry => entry.Key == "general.architecture").Value);
        Assert.Contains(file.Metadata, entry => entry.Type == "u32");
        Assert.All(file.Tensors, tensor =>
        {
            Assert.NotEmpty(tensor.Name);
            Assert.InRange(tensor.Dimensions.Count, 1, 4);
            Assert.True(tensor.Offset > 0 && tensor.SizeInBytes > 0, $"{tensor.Name}: {tensor.SizeInBytes} bytes at {tensor.Offset}");
            Assert.True(tensor.Offset + tensor.SizeInBytes <= new FileInfo(file.Path).Length, tensor.Name);
        });
        using DiaModel model = TinyModel.Load();
        Assert.Equal(model.SizeInBytes, file.Tensors.Sum(tensor => tensor.SizeInBytes));
    }

    [Fact]
    public void Open_NoGguf_Throws()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathTo("no.gguf"), "no");

        Assert.Throws<FileNotFoundException>(() => GgufFile.Open(folder.PathTo("missing.gguf")));
        AssertThrows.Message<DiaFileException>("no.gguf", () => GgufFile.Open(folder.PathTo("no.gguf")));
    }
}
