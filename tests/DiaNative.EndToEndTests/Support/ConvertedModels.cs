using System.Collections.Concurrent;

namespace DiaNative.EndToEndTests.Support;

/// <summary>GGUF files of the golden checkpoints, made with the tool and shared by all tests.</summary>
public sealed class ConvertedModels : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentDictionary<(string Set, string Type), Lazy<Task<string>>> _files = new();

    /// <summary>The file of a set in a type, converted when it is first asked for.</summary>
    internal Task<string> GetAsync(GoldenSet set, string type = "f32") =>
        _files.GetOrAdd((set.Folder, type), _ => new Lazy<Task<string>>(() => ConvertAsync(set, type))).Value;

    private async Task<string> ConvertAsync(GoldenSet set, string type)
    {
        string output = _folder.File($"{set.Name}-{_files.Count}-{type}.gguf");
        ToolResult result = await CommandLineTool.RunAsync(
            "convert", set.ModelFolder, "--codec", set.CodecFolder, "--type", type, "--output", output);
        result.ShouldSucceed();
        return output;
    }

    public void Dispose() => _folder.Dispose();
}
