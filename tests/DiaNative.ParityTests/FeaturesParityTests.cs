using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class FeaturesParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("features");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Extract_GoldenAudio_GivesTheFeaturesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        const int Rate = 44100;
        var extractor = new DiaFeatureExtractor(golden.Entry.GetProperty("feature_size").GetInt32(), Rate);
        string[] names = [.. golden.Entry.GetProperty("raw").EnumerateArray().Select(name => name.GetString()!)];
        if (golden.IsError)
        {
            int claimed = golden.Entry.GetProperty("sampling_rate").GetInt32();
            Assert.Throws<ArgumentException>(() => Extract(extractor, golden.File, names, claimed));
            return;
        }

        AudioFeatures features = Extract(extractor, golden.File, names, Rate);

        double tolerance = golden.Entry.GetProperty("tolerance").GetProperty("atol").GetDouble();
        Assert.Equal(golden.Shape("input_values"), new[] { features.Count, 1, features.Length });
        CompareSamples(
            golden.Set, $"{id} input_values", features.InputValues.Cast<float>().ToArray(), golden.Floats("input_values"), tolerance);
        CompareTokens(golden.Set, $"{id} padding_mask", features.PaddingMask, golden.Matrix("padding_mask"));
    }

    // Bare samples of several channels go in as they are, the others as audio.
    private static AudioFeatures Extract(DiaFeatureExtractor extractor, SafetensorsFile file, string[] names, int rate)
    {
        var options = new ExtractOptions { SamplingRate = rate };
        int[] shape = file.Shape(names[0]);
        if (shape.Length == 1)
        {
            return extractor.Extract(names.Select(name => new AudioBuffer(file.Floats(name), rate)), options);
        }

        var channels = new float[shape[0], shape[1]];
        Buffer.BlockCopy(file.Floats(names.Single()), 0, channels, 0, sizeof(float) * channels.Length);
        return extractor.Extract(channels, options);
    }
}
