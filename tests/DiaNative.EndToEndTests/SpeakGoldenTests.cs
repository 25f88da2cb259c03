using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>Text to WAV, checkpoint to samples, against the reference's own recordings.</summary>
[Collection(ToolGroup.Name)]
public sealed class SpeakGoldenTests(ConvertedModels models)
{
    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (GoldenSpeech speech in GoldenSet.All.SelectMany(set => set.Speeches()))
        {
            cases.Add(speech.Set.Folder, speech.Id);
        }

        return cases;
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public async Task Speak_Greedy_WavEqualsTheReference(string folder, string id)
    {
        var set = new GoldenSet(folder);
        GoldenSpeech speech = set.Speeches().Single(candidate => candidate.Id == id);
        Skip.If(speech.Prompts.Count > 0 && speech.KeepsPrompt, "the reference kept the audio of the prompt, which the tool leaves out");
        using var output = new TemporaryFolder();
        string model = await models.GetAsync(set);

        for (int i = 0; i < speech.Texts.Count; i++)
        {
            string path = output.File("speech.wav");
            ToolResult result = await CommandLineTool.RunAsync(
                ["speak", .. TextAndPrompt(speech, i), "--model", model, "--output", path, .. speech.Options]);
            result.ShouldSucceed();
            AssertClose(WavFile.Read(set.Recording(speech.Wavs[i])), WavFile.Read(path), speech, i);
        }
    }

    // What is said in the prompt is the text up to its last word.
    private static string[] TextAndPrompt(GoldenSpeech speech, int row)
    {
        string text = speech.Texts[row];
        int joint = text.LastIndexOf(' ');
        return speech.Prompts.Count == 0
            ? [text]
            : [text[(joint + 1)..], "--audio-prompt", speech.Prompts[row], "--audio-prompt-text", text[..joint]];
    }

    private static void AssertClose(WavFile expected, WavFile actual, GoldenSpeech speech, int row)
    {
        Assert.Equal(expected.SampleRate, actual.SampleRate);
        short[] wanted = expected.Pcm16();
        short[] found = actual.Pcm16();
        Assert.True(wanted.Length == found.Length, $"{speech} row {row}: expected {wanted.Length} samples, found {found.Length}");
        int worst = Enumerable.Range(0, wanted.Length).MaxBy(i => Math.Abs(wanted[i] - found[i]));
        int difference = Math.Abs(wanted[worst] - found[worst]);
        Assert.True(
            difference <= speech.Tolerance,
            $"{speech} row {row}: sample {worst} is {found[worst]}, expected {wanted[worst]} within {speech.Tolerance}");
    }
}
