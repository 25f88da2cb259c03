using System.Globalization;
using Xunit.Abstractions;

namespace DiaNative.Tests.Voices;

/// <summary>Whatever is damaged, the answer is a voice that can be used or a typed error.</summary>
public sealed class VoiceFuzzTests(ITestOutputHelper output)
{
    private const int Seed = 7;
    private const int Files = 5000;

    // The same files in every run; `./build.sh fuzz SECONDS voice` goes on with others for so long.
    [Fact]
    public void Load_DamagedFiles_LoadsOrRefuses()
    {
        VoiceFuzzer fuzzer = NewFuzzer();
        for (int i = 0; i < Files; i++)
        {
            Try(fuzzer);
        }

        Assert.InRange(fuzzer.Refused, Files / 4, Files);
        Assert.InRange(fuzzer.Loaded, Files / 100, Files);
        Assert.InRange(fuzzer.Outcomes, 20, 500);

        string seconds = Environment.GetEnvironmentVariable("DIA_FUZZ_SECONDS") ?? "0";
        DateTime end = DateTime.UtcNow.AddSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        while (DateTime.UtcNow < end)
        {
            Try(fuzzer);
        }

        output.WriteLine(
            $"voice: {fuzzer.Loaded + fuzzer.Refused} files tried, {fuzzer.Loaded} loaded, {fuzzer.Refused} refused, {fuzzer.Outcomes} different answers");
    }

    private static VoiceFuzzer NewFuzzer()
    {
        using DiaModel model = TinyModel.Load();
        using var codec = new DacCodec(model);
        using var stream = new MemoryStream();
        Voice.FromCodes(codec, new int[20, 9], "[S1] It was raining. [S2] All day.").Save(stream);
        return new VoiceFuzzer(stream.ToArray(), Seed);
    }

    // A finding is a file, which a reader wants to look at.
    private static void Try(VoiceFuzzer fuzzer)
    {
        try
        {
            fuzzer.Next();
        }
        catch (Exception exception)
        {
            string finding = Path.Combine(Path.GetTempPath(), $"finding-{Guid.NewGuid():N}.voice");
            File.WriteAllBytes(finding, fuzzer.Input);
            throw new InvalidOperationException($"the answer to {finding} is {exception.GetType()}: {exception.Message}", exception);
        }
    }
}
