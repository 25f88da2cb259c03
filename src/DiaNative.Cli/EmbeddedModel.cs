using System.Text.Json;

namespace DiaNative.Cli;

/// <summary>The small model that comes with the tool: a GGUF and, beside it, what there is to say about it.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Description">What it can do.</param>
/// <param name="Trained">Whether it speaks; otherwise its weights are random and it makes noise.</param>
/// <param name="Text">A sentence that it can speak.</param>
/// <param name="Seed">A seed with which it speaks that sentence well.</param>
/// <param name="MaxSeconds">More than it needs for that sentence.</param>
internal sealed record EmbeddedModel(string Name, string Description, bool Trained, string Text, ulong Seed, double MaxSeconds)
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Where the GGUF lies.</summary>
    internal static string ModelPath { get; } = Path.Combine(AppContext.BaseDirectory, "Models", "default.gguf");

    /// <exception cref="IOException">A file of the installation is missing.</exception>
    internal static EmbeddedModel Load()
    {
        using FileStream stream = File.OpenRead(Path.ChangeExtension(ModelPath, ".json"));
        return JsonSerializer.Deserialize<EmbeddedModel>(stream, s_json) ?? throw new InvalidDataException($"'{stream.Name}' holds no model.");
    }
}
