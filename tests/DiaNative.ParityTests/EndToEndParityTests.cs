using System.Text.Json;
using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class EndToEndParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("e2e");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Generate_GoldenTextsAndPrompts_GivesTheAudioAndTheFilesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);

        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var processor = new DiaProcessor(model);
        using var dia = new DiaForConditionalGeneration(model);
        DiaInputs inputs = processor.Process(golden.Texts, golden.HasPrompts ? golden.Prompts : null);
        DiaGeneration generation = dia.Generate(inputs, golden.Options());
        CompareTokens(golden.Set, id, generation.Tokens, golden.Cube("sequences"));

        JsonElement start = golden.Entry.GetProperty("audio_prompt_len");
        int? audioPromptLength = start.ValueKind == JsonValueKind.Null ? null : start.GetInt32();
        CompareAudio(golden, processor.DecodeBatch(generation.Tokens, audioPromptLength));
    }

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void SpeakAll_GoldenTexts_GivesTheAudioAndTheFilesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);

        Skip.If(golden.HasPrompts, "DiaTextToSpeech takes text, not audio prompts");

        using DiaTextToSpeech tts = DiaTextToSpeech.Create(golden.Set.Model, SingleThread);
        CompareAudio(golden, [.. tts.SpeakAll(golden.Texts, golden.Options()).Select(speech => speech.Audio)]);
    }

    private void CompareAudio(GoldenCase golden, IReadOnlyList<AudioBuffer> spoken)
    {
        JsonElement tolerance = golden.Entry.GetProperty("tolerance");
        string[] files = [.. golden.Entry.GetProperty("wav").EnumerateArray().Select(file => file.GetString()!)];
        for (int row = 0; row < spoken.Count; row++)
        {
            CompareSamples(
                golden.Set,
                $"{golden.Id} audio{row}",
                spoken[row].Samples.Span,
                golden.Floats($"audio{row}"),
                tolerance.GetProperty("audio_f32").GetDouble());
            CompareFile(golden.Set, files[row], spoken[row], tolerance.GetProperty("wav_lsb").GetDouble());
        }
    }

    private void CompareFile(GoldenSet set, string file, AudioBuffer audio, double tolerance)
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("spoken.wav");
        audio.SaveWav(path);
        WavFile actual = WavFile.Read(path);
        WavFile expected = WavFile.Read(set.GoldenPath(file));
        Assert.Equal((expected.Channels, expected.SampleRate), (actual.Channels, actual.SampleRate));
        CompareSamples(
            set,
            $"{file} (LSB)",
            Array.ConvertAll(actual.Pcm16, sample => (float)sample),
            Array.ConvertAll(expected.Pcm16, sample => (float)sample),
            tolerance);
    }
}
