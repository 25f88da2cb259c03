using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class GenerationParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("generate");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Generate_GoldenInputs_GivesTheSequencesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);

        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var processor = new DiaProcessor(model);
        using var dia = new DiaForConditionalGeneration(model);
        DiaGeneration generation = dia.Generate(golden.Inputs(), golden.Options());

        CompareTokens(golden.Set, id, generation.Tokens, golden.Cube("sequences"));
        CompareAudio(golden, "audio", processor.DecodeBatch(generation.Tokens));
        CompareAudio(golden, "audio_after_prompt", processor.DecodeBatch(generation.Tokens, generation.AudioPromptLength));
    }

    public static TheoryData<int, string, string> OptionCases => GoldenCases.OfKind("options_generate");

    [SkippableTheory]
    [MemberData(nameof(OptionCases))]
    public void Generate_OptionOfTheReference_GivesItsSequences(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        GenerationOptions options = GenerationOptions.FromJson(golden.Entry.GetProperty("params").GetRawText());

        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var dia = new DiaForConditionalGeneration(model);

        CompareTokens(golden.Set, id, dia.Generate(golden.Inputs(), options).Tokens, golden.Cube("sequences"));
    }

    private void CompareAudio(GoldenCase golden, string name, IReadOnlyList<AudioBuffer> audio)
    {
        for (int row = 0; row < audio.Count && golden.Has($"{name}{row}"); row++)
        {
            double tolerance = golden.Entry.GetProperty("audio_tolerance").GetProperty("f32").GetDouble();
            CompareSamples(golden.Set, $"{golden.Id} {name}{row}", audio[row].Samples.Span, golden.Floats($"{name}{row}"), tolerance);
        }
    }
}
