using System.Text.Json;
using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class FeaturesParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("features");

    public static TheoryData<int, string, string> OptionCases => GoldenCases.OfKind("features_options");

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

        CompareFeatures(golden, features, golden.Entry.GetProperty("tolerance").GetProperty("atol").GetDouble());
    }

    [SkippableTheory]
    [MemberData(nameof(OptionCases))]
    public void Extract_GoldenOptions_GivesTheFeaturesOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        const int Rate = 44100;
        var extractor = new DiaFeatureExtractor(samplingRate: Rate);
        AudioBuffer[] audio = [.. golden.Entry.GetProperty("raw").EnumerateArray()
            .Select(name => new AudioBuffer(golden.File.Floats(name.GetString()!), Rate))];
        ExtractOptions options = Options(golden.Entry.GetProperty("options"));
        if (golden.IsError)
        {
            Assert.Throws<ArgumentException>(() => extractor.Extract(audio, options));
            return;
        }

        CompareFeatures(golden, extractor.Extract(audio, options), tolerance: 0);
    }

    private void CompareFeatures(GoldenCase golden, AudioFeatures features, double tolerance)
    {
        Assert.Equal(golden.Shape("input_values"), new[] { features.Count, 1, features.Length });
        CompareSamples(
            golden.Set, $"{golden.Id} input_values", features.InputValues.Cast<float>().ToArray(), golden.Floats("input_values"), tolerance);
        CompareTokens(golden.Set, $"{golden.Id} padding_mask", features.PaddingMask, golden.Matrix("padding_mask"));
    }

    // The reference's names for the options; an unknown one is a gap in this test.
    private static ExtractOptions Options(JsonElement arguments)
    {
        var options = new ExtractOptions();
        foreach (JsonProperty argument in arguments.EnumerateObject())
        {
            options = (argument.Name, argument.Value.ToString()) switch
            {
                ("padding", "True" or "longest") => options with { Padding = PaddingStrategy.Longest },
                ("padding", "False") => options with { Padding = PaddingStrategy.None },
                ("padding", "max_length") => options with { Padding = PaddingStrategy.MaxLength },
                ("truncation", "True") => options with { Truncate = true },
                ("max_length", _) => options with { MaxLength = argument.Value.GetInt32() },
                _ => throw new InvalidDataException($"The argument '{argument}' has no option."),
            };
        }

        return options;
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
