using System.Text.Json;
using Xunit.Abstractions;

namespace DiaNative.ParityTests;

public sealed class TokenizerParityTests(ITestOutputHelper output) : ParityTest(output)
{
    public static TheoryData<int, string, string> Cases => GoldenCases.OfKind("tokenizer");

    [SkippableTheory]
    [MemberData(nameof(Cases))]
    public void Encode_GoldenTexts_GivesTheIdsOfTheReference(int set, string setName, string id)
    {
        GoldenCase golden = GoldenCases.Get(set, id);
        Assert.Equal(golden.Set.Name, setName);
        var tokenizer = new DiaTokenizer();
        string path = golden.Set.GoldenPath(golden.Entry.GetProperty("file").GetString()!);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(path));

        int number = 0;
        foreach (JsonElement entry in document.RootElement.EnumerateArray())
        {
            int[] expected = [.. entry.GetProperty("ids").EnumerateArray().Select(value => value.GetInt32())];
            TokenBatch batch = tokenizer.Encode(entry.GetProperty("text").GetString()!, new TokenizeOptions { MaxLength = int.MaxValue });
            CompareTokens(golden.Set, $"{id}[{number++}]", batch.InputIds.Cast<int>().ToArray(), expected);
        }
    }
}
