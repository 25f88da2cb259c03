using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class CodecParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("dac_decode");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
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
