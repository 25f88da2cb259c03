using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class ProcessorParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("processor");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Process_GoldenTextsAndPrompts_GivesTheInputsOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);

        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var processor = new DiaProcessor(model);
        IReadOnlyList<AudioBuffer>? prompts = golden.HasPrompts ? golden.Prompts : null;
        if (golden.IsError)
        {
            Assert.Throws<ArgumentException>(() => processor.Process(golden.Texts, prompts));
            return;
        }

        DiaInputs inputs = processor.Process(golden.Texts, prompts);

        CompareTokens(golden.Set, $"{id} input_ids", inputs.InputIds, golden.Matrix("input_ids"));
        CompareTokens(golden.Set, $"{id} attention_mask", inputs.AttentionMask, golden.Matrix("attention_mask"));
        CompareTokens(golden.Set, $"{id} decoder_input_ids", inputs.DecoderInputIds, golden.Cube("decoder_input_ids"));
        CompareTokens(golden.Set, $"{id} decoder_attention_mask", inputs.DecoderAttentionMask, golden.Matrix("decoder_attention_mask"));
        Assert.Equal(golden.Entry.GetProperty("audio_prompt_len").GetInt32(), inputs.AudioPromptLength);
        Assert.Equal(inputs.AudioPromptLength, processor.GetAudioPromptLength(inputs.DecoderAttentionMask));
    }
}
