using System.Globalization;
using System.Text.Json;

namespace DiaNative.EndToEndTests.Support;

/// <summary>One case from text to WAV: what was asked, and the files that the reference answered with.</summary>
/// <param name="Set">Where it comes from.</param>
/// <param name="Id">Its name.</param>
/// <param name="Texts">What is spoken, with what is said in the prompt.</param>
/// <param name="Prompts">The sound file of every text's prompt; empty without prompts.</param>
/// <param name="KeepsPrompt">Whether the reference's files begin with the prompt.</param>
/// <param name="Options">The parameters as options of the tool.</param>
/// <param name="Wavs">The reference's file for every text.</param>
/// <param name="Tolerance">Largest difference of a sample, in steps of 16 bits.</param>
internal sealed record GoldenSpeech(
    GoldenSet Set,
    string Id,
    IReadOnlyList<string> Texts,
    IReadOnlyList<string> Prompts,
    bool KeepsPrompt,
    IReadOnlyList<string> Options,
    IReadOnlyList<string> Wavs,
    int Tolerance)
{
    internal static GoldenSpeech From(GoldenSet set, JsonElement entry, IReadOnlyDictionary<string, string> sounds) => new(
        set,
        entry.GetProperty("id").GetString()!,
        Strings(entry.GetProperty("texts")),
        entry.GetProperty("prompts").ValueKind == JsonValueKind.Null ? [] : [.. Strings(entry.GetProperty("prompts")).Select(name => sounds[name])],
        entry.GetProperty("audio_prompt_len").ValueKind == JsonValueKind.Null,
        OptionsOf(entry.GetProperty("params")),
        Strings(entry.GetProperty("wav")),
        entry.GetProperty("tolerance").GetProperty("wav_lsb").GetInt32());

    public override string ToString() => $"{Set.Name}:{Id}";

    private static string[] Strings(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetString()!)];

    // The parameters of the reference as options of the tool.
    private static List<string> OptionsOf(JsonElement parameters)
    {
        var options = new List<string>();
        foreach (JsonProperty parameter in parameters.EnumerateObject())
        {
            if (parameter.Name == "do_sample")
            {
                Assert.False(parameter.Value.GetBoolean(), "the golden cases are greedy");
                options.Add("--greedy");
                continue;
            }

            string name = parameter.Name switch
            {
                "guidance_scale" => "--cfg-scale",
                "top_k" => "--top-k",
                "top_p" => "--top-p",
                "temperature" => "--temperature",
                "max_new_tokens" => "--max-tokens",
                "max_length" => "--max-length",
                "min_new_tokens" => "--min-new-tokens",
                _ => throw new InvalidDataException($"The parameter '{parameter.Name}' has no option."),
            };
            // The reference's "no guidance" is null.
            double value = parameter.Value.ValueKind == JsonValueKind.Null ? 1 : parameter.Value.GetDouble();
            options.AddRange([name, value.ToString(CultureInfo.InvariantCulture)]);
        }

        return options;
    }
}
