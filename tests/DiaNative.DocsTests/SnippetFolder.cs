using System.Text.Json.Nodes;

namespace DiaNative.DocsTests;

/// <summary>
/// The directory that snippets run in. It has the files that the documentation speaks of: checkpoints and a model of random weights that
/// speaks for about a second, audio, a script.
/// </summary>
public sealed class SnippetFolder : IDisposable
{
    private const int MaxLength = 120;
    private const int SampleRate = 44100;

    private readonly TemporaryFolder _folder = new();

    public SnippetFolder()
    {
        Copy(GoldenSet.Tiny.ModelDirectory, _folder.PathTo("Dia-1.6B"));
        Copy(GoldenSet.Tiny.CodecDirectory, _folder.PathTo("dac_44khz"));
        LimitLength(Path.Combine(_folder.PathTo("Dia-1.6B"), "generation_config.json"));
        DiaConverter.Convert(_folder.PathTo("Dia-1.6B"), _folder.PathTo("dac_44khz"), _folder.PathTo("dia-1.6b.gguf"));
        foreach (string name in new[] { "prompt.wav", "alice.wav", "bob.wav" })
        {
            Hum(seconds: 6).SaveWav(_folder.PathTo(name));
        }

        File.WriteAllText(_folder.PathTo("script.txt"), string.Concat(Enumerable.Repeat(
            "[S1] Did you hear what happened at the station this morning? [S2] No, tell me everything about it, please. ", 4)));
        Environment.CurrentDirectory = _folder.FullName;
    }

    public void Dispose()
    {
        Environment.CurrentDirectory = AppContext.BaseDirectory;
        _folder.Dispose();
    }

    private static void LimitLength(string generationConfig)
    {
        JsonNode config = JsonNode.Parse(File.ReadAllText(generationConfig))!;
        config["max_length"] = MaxLength;
        File.WriteAllText(generationConfig, config.ToJsonString());
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }

    private static AudioBuffer Hum(int seconds)
    {
        float[] samples = new float[seconds * SampleRate];
        for (int i = 0; i < samples.Length; i++)
        {
            double time = (double)i / SampleRate;
            samples[i] = (float)(0.3 * Math.Sin(2 * Math.PI * 150 * time) * (1 + Math.Sin(2 * Math.PI * 3 * time)));
        }

        return new AudioBuffer(samples, SampleRate);
    }
}
