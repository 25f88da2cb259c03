using System.Text.Json;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>What is in a file.</summary>
[Collection(ToolGroup.Name)]
public sealed class InfoTests(ConvertedModels models)
{
    [Fact]
    public async Task Info_Model_ListsMetadataAndTensorsWithoutTerminalCodes()
    {
        string model = await models.GetAsync(GoldenSet.First);

        ToolResult result = (await CommandLineTool.RunAsync("info", model)).ShouldSucceed();

        Assert.Contains("general.architecture", result.Output, StringComparison.Ordinal);
        Assert.Contains("f32", result.Output, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public async Task Info_Json_AddsUp()
    {
        string model = await models.GetAsync(GoldenSet.First);

        ToolResult result = (await CommandLineTool.RunAsync("info", model, "--json")).ShouldSucceed();

        using JsonDocument document = JsonDocument.Parse(result.Output);
        JsonElement root = document.RootElement;
        Assert.Equal("dia", root.GetProperty("metadata").GetProperty("general.architecture").GetProperty("value").GetString());
        Assert.Equal(new FileInfo(model).Length, root.GetProperty("bytes").GetInt64());
        long end = 0;
        foreach (JsonElement tensor in root.GetProperty("tensors").EnumerateArray())
        {
            long count = tensor.GetProperty("dimensions").EnumerateArray().Aggregate(1L, (product, size) => product * size.GetInt64());
            long bytes = tensor.GetProperty("bytes").GetInt64();
            Assert.Equal(count * (tensor.GetProperty("type").GetString() == "f32" ? 4 : 2), bytes);
            end = Math.Max(end, tensor.GetProperty("offset").GetInt64() + bytes);
        }

        Assert.InRange(end, 1, new FileInfo(model).Length);
    }

    [Fact]
    public async Task Info_Model_TellsTheMemoryThatSpeakingTakes()
    {
        string model = await models.GetAsync(GoldenSet.First);

        ToolResult result = (await CommandLineTool.RunAsync("info", model)).ShouldSucceed();
        ToolResult json = (await CommandLineTool.RunAsync("info", model, "--json")).ShouldSucceed();

        Assert.Matches("(?m)^memory, CPU +200 characters, 10 s +the longest", result.Output);
        Assert.Matches("(?m)^self-attention caches +[0-9.]+ [GMK]B +[0-9.]+ [GMK]B", result.Output);
        using JsonDocument document = JsonDocument.Parse(json.Output);
        JsonElement memory = document.RootElement.GetProperty("memory");
        JsonElement example = memory.GetProperty("example")[0];
        JsonElement longest = memory.GetProperty("longest")[0];
        Assert.Equal("CPU", example.GetProperty("device").GetString());
        Assert.True(example.GetProperty("total").GetInt64() > example.GetProperty("weights").GetInt64());
        Assert.True(longest.GetProperty("self_cache").GetInt64() > example.GetProperty("self_cache").GetInt64());
        Assert.True(longest.GetProperty("total_streaming").GetInt64() > example.GetProperty("total_streaming").GetInt64());
    }

    [Fact]
    public async Task Version_NamesTheCpuLevel()
    {
        ToolResult result = (await CommandLineTool.RunAsync("--version")).ShouldSucceed();

        Assert.Matches("^dianative [0-9]+\\.[0-9]+\\.[0-9]+", result.Output);
        Assert.Contains("compiled for ", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("speak")]
    [InlineData("convert")]
    [InlineData("info")]
    [InlineData("demo")]
    public async Task Help_EveryCommand_IsThere(string command)
    {
        string[] arguments = command.Length == 0 ? ["--help"] : [command, "--help"];
        ToolResult result = (await CommandLineTool.RunAsync(arguments)).ShouldSucceed();

        Assert.Contains("Usage:", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);
    }
}
