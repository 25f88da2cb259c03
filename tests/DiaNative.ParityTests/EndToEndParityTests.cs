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

        Skip.If(
            golden.HasPrompts && golden.Entry.GetProperty("audio_prompt_len").ValueKind == JsonValueKind.Null,
            "the reference kept the audio of the prompt, which Speak leaves out");

        using DiaTextToSpeech tts = DiaTextToSpeech.Create(golden.Set.Model, SingleThread);
        SpeechRequest[] requests = [.. golden.Texts.Select((text, i) => Request(tts, golden, text, i))];
        CompareAudio(golden, [.. tts.SpeakAll(requests, golden.Options()).Select(speech => speech.Audio)]);
    }

    // What is said in the prompt is some part of the text; the joint is the blank between two words.
    private static SpeechRequest Request(DiaTextToSpeech tts, GoldenCase golden, string text, int row)
    {
        if (!golden.HasPrompts)
        {
            return new SpeechRequest(text);
        }

        int joint = text.LastIndexOf(' ');
        Voice voice = Voice.Create(tts.Processor.Codec, golden.Prompts[row], text[..joint]);
        return new SpeechRequest(text[(joint + 1)..]) { Voice = voice };
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
