using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class CodecParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> DecodeCases => GoldenCases.OfKind("dac_decode");

    public static TheoryData<int, string, string> EncodeCases => GoldenCases.OfKind("dac_encode");

    [SkippableTheory]
    [MemberData(nameof(EncodeCases))]
    public void Encode_GoldenWaveform_GivesTheCodesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var codec = new DacCodec(model);

        int[,] codes = codec.Encode(new AudioBuffer(golden.Floats("waveform"), codec.Config.SamplingRate));

        double margin = golden.Entry.GetProperty("min_code_margin").GetDouble();
        CompareTokens(golden.Set, $"{id} codes (least margin {margin:G2})", codes, Transposed(golden.Matrix("audio_codes")));
    }

    [SkippableTheory]
    [MemberData(nameof(DecodeCases))]
    public void Decode_GoldenCodes_GivesTheWaveformOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        using DiaModel model = DiaModel.Load(golden.Set.Model, SingleThread);
        using var codec = new DacCodec(model);

        int[,,] codes = golden.Cube("audio_codes");
        float[] expected = golden.Floats("waveform");
        int samples = expected.Length / codes.GetLength(0);
        double tolerance = golden.Entry.GetProperty("tolerance").GetProperty("f32").GetDouble();
        for (int row = 0; row < codes.GetLength(0); row++)
        {
            AudioBuffer audio = codec.Decode(FramesFirst(codes, row));
            CompareSamples(
                golden.Set, $"{id} waveform[{row}]", audio.Samples.Span, expected.AsSpan(row * samples, samples), tolerance);
        }
    }

    private static int[,] Transposed(int[,] codes)
    {
        var batch = new int[1, codes.GetLength(0), codes.GetLength(1)];
        Buffer.BlockCopy(codes, 0, batch, 0, sizeof(int) * codes.Length);
        return FramesFirst(batch, 0);
    }

    // The reference has codes as [batch, codebooks, frames].
    private static int[,] FramesFirst(int[,,] codes, int row)
    {
        var result = new int[codes.GetLength(2), codes.GetLength(1)];
        for (int frame = 0; frame < result.GetLength(0); frame++)
        {
            for (int codebook = 0; codebook < result.GetLength(1); codebook++)
            {
                result[frame, codebook] = codes[row, codebook, frame];
            }
        }

        return result;
    }
}
