using System.Globalization;
using Xunit.Abstractions;

namespace DiaNative.ParityTests;

/// <summary>
/// Hidden states, attentions, logits and loss of <see cref="DiaForConditionalGeneration.Forward"/>, whole and in cached steps, within 1e-4 of
/// a tensor's largest value.
/// </summary>
public sealed class ForwardParityTests(ITestOutputHelper output) : ParityTest(output)
{
    private const double RelativeTolerance = 1e-4;

    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("forward");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Forward_GoldenInputs_GivesTheValuesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var dia = new DiaForConditionalGeneration(model);

        int[] chunks = [.. golden.Entry.GetProperty("chunks").EnumerateArray().Select(count => count.GetInt32())];
        KeyValueCache? cache = null;
        int first = 0;
        for (int chunk = 0; chunk < chunks.Length; chunk++)
        {
            DiaForwardInputs inputs = Inputs(golden, first, chunks[chunk]) with { PastKeyValues = cache, UseCache = chunks.Length > 1 };
            DiaOutput result = dia.Forward(cache is null ? inputs : inputs with { InputIds = null, AttentionMask = null });
            cache = result.PastKeyValues;
            Assert.Equal(chunks.Length > 1, cache is not null);
            Compare(golden, string.Create(CultureInfo.InvariantCulture, $"{chunk}/"), result, chunks[chunk]);
            if (chunk == 0)
            {
                CompareEncoder(golden, result);
            }

            first += chunks[chunk];
        }

        cache?.Dispose();
    }

    private static DiaForwardInputs Inputs(GoldenCase golden, int first, int count)
    {
        bool isFlat = golden.Has("decoder_input_ids") && golden.Shape("decoder_input_ids").Length == 2;
        return new DiaForwardInputs
        {
            InputIds = golden.Matrix("input_ids"),
            AttentionMask = golden.Has("attention_mask") ? golden.Matrix("attention_mask") : null,
            DecoderInputIds = golden.Has("decoder_input_ids") && !isFlat ? Positions(golden.Cube("decoder_input_ids"), first, count) : null,
            FlatDecoderInputIds = isFlat ? Columns(golden, "decoder_input_ids", first, count) : null,
            DecoderAttentionMask = Columns(golden, "decoder_attention_mask", 0, first + count),
            DecoderPositionIds = Columns(golden, "decoder_position_ids", first, count),
            Labels = Columns(golden, "labels", first, count),
            OutputHiddenStates = true,
            OutputAttentions = true,
        };
    }

    private static int[,]? Columns(GoldenCase golden, string name, int first, int count)
    {
        if (!golden.Has(name))
        {
            return null;
        }

        int[,] all = golden.Matrix(name);
        var some = new int[all.GetLength(0), count];
        for (int i = 0; i < some.Length; i++)
        {
            some[i / count, i % count] = all[i / count, first + (i % count)];
        }

        return some;
    }

    private static int[,,] Positions(int[,,] all, int first, int count)
    {
        var some = new int[all.GetLength(0), count, all.GetLength(2)];
        for (int b = 0; b < some.GetLength(0); b++)
        {
            for (int t = 0; t < count; t++)
            {
                for (int c = 0; c < some.GetLength(2); c++)
                {
                    some[b, t, c] = all[b, first + t, c];
                }
            }
        }

        return some;
    }

    private void Compare(GoldenCase golden, string prefix, DiaOutput result, int count)
    {
        int first = count - golden.Shape(prefix + "hidden_states")[2]; // of a long call the last positions are kept
        CompareValues(golden, prefix + "hidden_states", result.DecoderHiddenStates!.SelectMany(state => Cut(state, 1, first)));
        CompareValues(golden, prefix + "self_attentions", result.DecoderAttentions!.SelectMany(weights => Cut(weights, 2, first)));
        CompareValues(golden, prefix + "cross_attentions", result.CrossAttentions!.SelectMany(weights => Cut(weights, 2, first)));
        Assert.Equal(result.LastHiddenState.Cast<float>(), result.DecoderHiddenStates![^1].Cast<float>());

        int vocabulary = result.Logits.GetLength(2);
        int[] ids = [.. golden.Entry.GetProperty("logit_ids").EnumerateArray().Select(entry => entry.GetInt32())];
        CompareValues(
            golden, prefix + "logits", Cut(result.Logits, 1, first).Chunk(vocabulary).SelectMany(logits => ids.Select(token => logits[token])));
        Assert.Equal(golden.Has(prefix + "loss"), result.Loss is not null);
        if (result.Loss is { } loss)
        {
            CompareValues(golden, prefix + "loss", [(float)loss]);
        }
    }

    private void CompareEncoder(GoldenCase golden, DiaOutput result)
    {
        Assert.Equal(result.EncoderLastHiddenState!.Cast<float>(), result.EncoderHiddenStates![^1].Cast<float>());
        if (golden.Has("encoder_hidden_states"))
        {
            CompareValues(golden, "encoder_hidden_states", result.EncoderHiddenStates!.SelectMany(state => state.Cast<float>()));
            CompareValues(golden, "encoder_attentions", result.EncoderAttentions!.SelectMany(weights => weights.Cast<float>()));
        }
    }

    /// <summary>What lies at <paramref name="first"/> and behind it in one dimension.</summary>
    private static IEnumerable<float> Cut(Array array, int dimension, int first)
    {
        int inner = 1;
        for (int i = dimension + 1; i < array.Rank; i++)
        {
            inner *= array.GetLength(i);
        }

        return array.Cast<float>().Where((_, index) => index / inner % array.GetLength(dimension) >= first);
    }

    private void CompareValues(GoldenCase golden, string name, IEnumerable<float> actual)
    {
        float[] expected = golden.Floats(name);
        double tolerance = RelativeTolerance * expected.Max(Math.Abs);
        CompareSamples(golden.Set, $"{golden.Id} {name}", [.. actual], expected, tolerance);
    }
}
