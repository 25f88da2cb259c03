using System.Text.Json;

namespace DiaNative.TestSupport;

/// <summary>One case of a golden set: its entry in the manifest, and its tensors.</summary>
public sealed class GoldenCase(GoldenSet set, JsonElement entry)
{
    public GoldenSet Set { get; } = set;

    public JsonElement Entry { get; } = entry;

    public string Id { get; } = entry.GetProperty("id").GetString()!;

    public string Kind { get; } = entry.GetProperty("kind").GetString()!;

    public IReadOnlyList<string> Texts => [.. Entry.GetProperty("texts").EnumerateArray().Select(text => text.GetString()!)];

    public bool HasPrompts => Entry.TryGetProperty("prompts", out JsonElement prompts) && prompts.ValueKind != JsonValueKind.Null;

    /// <summary>The audio prompts, one per text as far as the case has them.</summary>
    public IReadOnlyList<AudioBuffer> Prompts => [.. Entry.GetProperty("prompts").EnumerateArray().Select(name => Set.Prompt(name.GetString()!))];

    /// <summary>Whether the reference refuses the input.</summary>
    public bool IsError => Entry.TryGetProperty("error", out _);

    public SafetensorsFile File => Set.File(Entry.GetProperty("file").GetString()!);

    public bool Has(string tensor) => File.Contains(Name(tensor));

    public float[] Floats(string tensor) => File.Floats(Name(tensor));

    public int[,] Matrix(string tensor) => File.Matrix(Name(tensor));

    public int[,,] Cube(string tensor) => File.Cube(Name(tensor));

    public int[] Shape(string tensor) => File.Shape(Name(tensor));

    /// <summary>The inputs of a case of generation, as the reference's processor makes them.</summary>
    public DiaInputs Inputs() => new(
        Matrix("input_ids"),
        Matrix("attention_mask"),
        Cube("decoder_input_ids"),
        Matrix("decoder_attention_mask"),
        Entry.GetProperty("valid_len").GetInt32());

    /// <summary>The case's parameters; null in the manifest means that the reference's parameter is off.</summary>
    public GenerationOptions Options()
    {
        JsonElement parameters = Entry.GetProperty("params");
        return new GenerationOptions
        {
            DoSample = parameters.GetProperty("do_sample").GetBoolean(),
            GuidanceScale = Number(parameters, "guidance_scale") is { } scale ? (float)scale : 1f,
            TopK = Number(parameters, "top_k") is { } topK ? (int)topK : 0,
            Temperature = Number(parameters, "temperature") is { } temperature ? (float)temperature : null,
            MaxNewTokens = (int?)Number(parameters, "max_new_tokens"),
            MaxLength = (int?)Number(parameters, "max_length"),
            MinNewTokens = (int?)Number(parameters, "min_new_tokens"),
        };
    }

    public override string ToString() => $"{Set.Name}: {Id}";

    private string Name(string tensor) => $"{Id}/{tensor}";

    private static double? Number(JsonElement parameters, string name) =>
        parameters.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
}
