using System.Text;
using System.Text.Json.Nodes;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Checkpoints and GGUF files that are not what they claim to be: one clear line, and nothing left behind.</summary>
[Collection(ToolGroup.Name)]
public sealed class BadFileTests(ConvertedModels models) : IDisposable
{
    private const string Norm = "model.encoder.norm.weight";
    private const string Down = "model.encoder.layers.0.mlp.down_proj.weight";

    private readonly TemporaryFolder _folder = new();

    private static GoldenSet Set => GoldenSet.First;

    // The only file with tensors, or one of several.
    private static string Tensors => Path.GetFileName(TensorFiles(Set.ModelFolder)[0]);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Convert_TruncatedTensors_Fails() => ConvertFails(
        checkpoint => Edit(Path.Combine(checkpoint, Tensors), bytes => bytes[..^100]), Tensors);

    [Fact]
    public Task Convert_OverLongTensors_Fails() => ConvertFails(
        checkpoint => Edit(Path.Combine(checkpoint, Tensors), bytes => [.. bytes, .. new byte[64]]), Tensors);

    [Fact]
    public Task Convert_HeaderLongerThanTheFile_Fails() => ConvertFails(
        checkpoint => Edit(Path.Combine(checkpoint, Tensors), bytes => [.. BitConverter.GetBytes(ulong.MaxValue / 2), .. bytes[8..]]), Tensors);

    [Fact]
    public Task Convert_MislabelledTensor_Fails() => ConvertFails(
        checkpoint => EditHeader(checkpoint, Norm, header =>
        {
            JsonNode tensor = header[Norm]!;
            tensor["dtype"] = tensor["dtype"]!.GetValue<string>() == "F32" ? "F16" : "F32";
        }),
        ".safetensors",
        Norm);

    [Fact]
    public Task Convert_WrongShape_Fails() => ConvertFails(
        checkpoint => EditHeader(checkpoint, Down, header =>
        {
            JsonNode tensor = header[Down]!;
            long[] shape = [.. tensor["shape"]!.AsArray().Select(size => size!.GetValue<long>())];
            tensor["shape"] = new JsonArray(shape[1], shape[0]);
        }),
        Down,
        "expected");

    [Fact]
    public Task Convert_MissingTensor_Fails() => ConvertFails(
        checkpoint => EditHeader(checkpoint, Norm, header => Rename(header, Norm, "model.encoder.norm.weighs")), Norm);

    [Fact]
    public Task Convert_TextForTensors_Fails() => ConvertFails(
        checkpoint => File.WriteAllText(Path.Combine(checkpoint, Tensors), "version https://git-lfs.github.com/spec/v1\n"), Tensors);

    [Fact]
    public Task Convert_TruncatedConfig_Fails() => ConvertFails(
        checkpoint => Edit(Path.Combine(checkpoint, "config.json"), bytes => bytes[..(bytes.Length / 2)]), "config.json");

    [Theory]
    [InlineData("hidden_size", "\"wide\"")]
    [InlineData("hidden_size", "-64")]
    [InlineData("hidden_size", "0")]
    [InlineData("num_hidden_layers", "1000000000")]
    [InlineData("vocab_size", "1e30")]
    public Task Convert_WrongNumberInConfig_Fails(string key, string value) => ConvertFails(
        checkpoint =>
        {
            string path = Path.Combine(checkpoint, "config.json");
            JsonNode config = JsonNode.Parse(File.ReadAllText(path))!;
            config["decoder_config"]![key] = JsonNode.Parse(value);
            File.WriteAllText(path, config.ToJsonString());
        },
        "config.json",
        key);

    [Fact]
    public Task Convert_ConfigOfAnotherModel_Fails() => ConvertFails(
        checkpoint => File.WriteAllText(Path.Combine(checkpoint, "config.json"), """{ "model_type": "llama", "hidden_size": 64 }"""), "config.json");

    [Fact]
    public Task Convert_MissingConfig_Fails() => ConvertFails(
        checkpoint => File.Delete(Path.Combine(checkpoint, "config.json")), "config.json");

    [Fact]
    public async Task Convert_MissingFolder_Fails()
    {
        ToolResult result = await CommandLineTool.RunAsync(
            "convert", _folder.File("nowhere"), "--codec", Set.CodecFolder, "--output", _folder.File("out.gguf"));

        result.ShouldFailWith(1, _folder.File("nowhere"));
        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public async Task Convert_NoCodec_SaysHowToNameIt()
    {
        ToolResult result = await CommandLineTool.RunAsync("convert", Set.ModelFolder, "--output", _folder.File("out.gguf"));

        result.ShouldFailWith(2, "--codec");
        Assert.Empty(_folder.Entries);
    }

    [Fact]
    public async Task Convert_FailureOverAnExistingFile_KeepsIt()
    {
        string output = _folder.File("out.gguf");
        await File.WriteAllTextAsync(output, "precious");

        ToolResult result = await CommandLineTool.RunAsync("convert", _folder.File("nowhere"), "--codec", Set.CodecFolder, "--output", output);

        result.ShouldFailWith(1);
        Assert.Equal("precious", await File.ReadAllTextAsync(output));
    }

    [Fact]
    public async Task Speak_MissingModel_Fails() => (await SpeakAsync(_folder.File("nowhere.gguf"))).ShouldFailWith(1, _folder.File("nowhere.gguf"));

    [Fact]
    public async Task Speak_TextForAModel_Fails()
    {
        string path = _folder.File("model.gguf");
        await File.WriteAllTextAsync(path, "no model at all");

        (await SpeakAsync(path)).ShouldFailWith(1, path);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(20)]
    [InlineData(5000)]
    [InlineData(-1000)]
    public async Task Speak_TruncatedModel_Fails(int length)
    {
        string path = _folder.File("model.gguf");
        File.Copy(await models.GetAsync(Set), path);
        Edit(path, bytes => length > 0 ? bytes[..length] : bytes[..^-length]);

        (await SpeakAsync(path)).ShouldFailWith(1, path);
    }

    [Theory]
    [InlineData("speak")]
    [InlineData("info")]
    public async Task AnotherArchitecture_IsNamed(string command)
    {
        string path = _folder.File("llama.gguf");
        await File.WriteAllBytesAsync(path, GgufOf("llama"));

        if (command == "info")
        {
            Assert.Contains("llama", (await CommandLineTool.RunAsync("info", path)).ShouldSucceed().Output, StringComparison.Ordinal);
        }
        else
        {
            (await SpeakAsync(path)).ShouldFailWith(1, path, "llama");
        }
    }

    [Fact]
    public async Task Info_TruncatedFile_Fails()
    {
        string path = _folder.File("model.gguf");
        File.Copy(await models.GetAsync(Set), path);
        Edit(path, bytes => bytes[..100]);

        (await CommandLineTool.RunAsync("info", path)).ShouldFailWith(1, path);
    }

    private static void Edit(string path, Func<byte[], byte[]> change) => File.WriteAllBytes(path, change(File.ReadAllBytes(path)));

    private static string[] TensorFiles(string checkpoint) =>
        [.. Directory.EnumerateFiles(checkpoint, "*.safetensors").Order(StringComparer.Ordinal)];

    private static JsonObject Header(byte[] file) => JsonNode.Parse(file.AsSpan(8, HeaderLength(file)))!.AsObject();

    private static int HeaderLength(byte[] file) => checked((int)BitConverter.ToUInt64(file));

    // Changes the header of the file that holds a tensor.
    private static void EditHeader(string checkpoint, string tensor, Action<JsonObject> change)
    {
        string path = TensorFiles(checkpoint).Single(file => Header(File.ReadAllBytes(file)).ContainsKey(tensor));
        Edit(path, bytes =>
        {
            JsonObject header = Header(bytes);
            change(header);
            byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
            return [.. BitConverter.GetBytes((ulong)text.Length), .. text, .. bytes[(8 + HeaderLength(bytes))..]];
        });
    }

    private static void Rename(JsonObject header, string from, string to)
    {
        JsonNode tensor = header[from]!.DeepClone();
        header.Remove(from);
        header[to] = tensor;
    }

    // The smallest file of an architecture: one metadata entry, no tensors.
    private static byte[] GgufOf(string architecture)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write("GGUF"u8);
        writer.Write(3);
        writer.Write(0L);
        writer.Write(1L);
        byte[] key = "general.architecture"u8.ToArray();
        writer.Write((long)key.Length);
        writer.Write(key);
        writer.Write(8);
        writer.Write((long)architecture.Length);
        writer.Write(Encoding.UTF8.GetBytes(architecture));
        writer.Flush();
        return stream.ToArray();
    }

    private Task<ToolResult> SpeakAsync(string model) =>
        CommandLineTool.RunAsync("speak", "[S1] Hello.", "--model", model, "--output", _folder.File("speech.wav"));

    private async Task ConvertFails(Action<string> damage, params string[] words)
    {
        string checkpoint = _folder.CopyOf(Set.ModelFolder);
        damage(checkpoint);
        ToolResult result = await CommandLineTool.RunAsync(
            "convert", checkpoint, "--codec", Set.CodecFolder, "--output", _folder.File("out.gguf"));

        result.ShouldFailWith(1, words);
        Assert.Equal([Path.GetFileName(checkpoint)], _folder.Entries);
    }
}
