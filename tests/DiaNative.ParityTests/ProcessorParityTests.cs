using System.Text.Json;
using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class ProcessorParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("processor");

    public static TheoryData<int, string, string> OptionCases => GoldenCases.OfKind("processor_options");

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

        CompareInputs(golden, inputs);
        Assert.Equal(golden.Entry.GetProperty("audio_prompt_len").GetInt32(), inputs.AudioPromptLength);
        Assert.Equal(inputs.AudioPromptLength, processor.GetAudioPromptLength(inputs.DecoderAttentionMask));
    }

    [SkippableTheory]
    [MemberData(nameof(OptionCases))]
    public void Process_GoldenOptions_GivesTheInputsOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);

        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var processor = new DiaProcessor(model);
        IReadOnlyList<AudioBuffer>? prompts = golden.HasPrompts ? golden.Prompts : null;
        ProcessOptions options = Options(golden.Entry.GetProperty("options"));
        if (golden.IsError)
        {
            Assert.Throws<ArgumentException>(() => processor.Process(golden.Texts, prompts, options));
            return;
        }

        DiaInputs inputs = processor.Process(golden.Texts, prompts, options);

        CompareInputs(golden, inputs);
        Assert.Equal(golden.Has("labels"), inputs.Labels is not null);
        if (inputs.Labels is not null)
        {
            CompareTokens(golden.Set, $"{id} labels", inputs.Labels, golden.Matrix("labels"));
        }
    }

    private void CompareInputs(GoldenCase golden, DiaInputs inputs)
    {
        CompareTokens(golden.Set, $"{golden.Id} input_ids", inputs.InputIds, golden.Matrix("input_ids"));
        CompareTokens(golden.Set, $"{golden.Id} attention_mask", inputs.AttentionMask, golden.Matrix("attention_mask"));
        CompareTokens(golden.Set, $"{golden.Id} decoder_input_ids", inputs.DecoderInputIds, golden.Cube("decoder_input_ids"));
        CompareTokens(
            golden.Set, $"{golden.Id} decoder_attention_mask", inputs.DecoderAttentionMask, golden.Matrix("decoder_attention_mask"));
    }

    // The reference's names for the options; an unknown one is a gap in this test.
    private static ProcessOptions Options(JsonElement arguments)
    {
        var options = new ProcessOptions();
        foreach (JsonProperty argument in arguments.EnumerateObject())
        {
            options = argument.Name switch
            {
                "generation" => options with { Generation = argument.Value.GetBoolean() },
                "output_labels" => options with { OutputLabels = argument.Value.GetBoolean() },
                "text_kwargs" => TextOptions(options, argument.Value),
                _ => throw new InvalidDataException($"The argument '{argument.Name}' has no option."),
            };
        }

        return options;
    }

    private static ProcessOptions TextOptions(ProcessOptions options, JsonElement arguments)
    {
        foreach (JsonProperty argument in arguments.EnumerateObject())
        {
            options = (argument.Name, argument.Value.ToString()) switch
            {
                ("padding", "max_length") => options with { PadToMaxLength = true },
                ("max_length", _) => options with { MaxLength = argument.Value.GetInt32() },
                ("truncation", "True") => options with { Truncate = true },
                ("padding_side", "left") => options with { PaddingSide = PaddingSide.Left },
                _ => throw new InvalidDataException($"The argument '{argument}' has no option."),
            };
        }

        return options;
    }
}
