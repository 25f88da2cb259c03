using System.Text;
using System.Text.Json;
using DiaNative.Interop;

namespace DiaNative.Tests.Processing;

public sealed class DiaTokenizerTests
{
    private static readonly DiaTokenizer s_tokenizer = new();

    public static TheoryData<string, int[]> GoldenCases
    {
        get
        {
            var data = new TheoryData<string, int[]>();
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(GoldenSet.Tiny.GoldenPath("tokenizer_cases.json")));
            foreach (JsonElement entry in document.RootElement.EnumerateArray())
            {
                data.Add(entry.GetProperty("text").GetString()!, [.. entry.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())]);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public void Encode_GoldenText_GivesTheIdsOfTheReference(string text, int[] expected)
    {
        TokenBatch batch = s_tokenizer.Encode(text, new TokenizeOptions { MaxLength = int.MaxValue });

        Assert.Equal(expected, batch.InputIds.Cast<int>());
        Assert.All(batch.AttentionMask.Cast<int>(), mask => Assert.Equal(1, mask));
    }

    [Theory]
    [MemberData(nameof(GoldenCases))]
    public unsafe void EncodeAndDecode_GoldenText_AgreeWithTheNativeTokenizer(string text, int[] expected)
    {
        NativeLibraryResolver.EnsureLoaded();
        byte[] utf8 = [.. Encoding.UTF8.GetBytes(text), 0];
        int[] ids = new int[utf8.Length];
        byte[] decoded = new byte[8 * utf8.Length];
        long idCount;
        long byteCount;
        fixed (byte* nativeText = utf8, nativeDecoded = decoded)
        fixed (int* nativeIds = ids)
        {
            Assert.Equal(DiaStatus.Ok, NativeMethods.dia_tokenize(nativeText, utf8.Length - 1, nativeIds, ids.Length, &idCount));
            Assert.Equal(DiaStatus.Ok, NativeMethods.dia_detokenize(nativeIds, idCount, 0, nativeDecoded, decoded.Length, &byteCount));
        }

        Assert.Equal(expected, ids[..(int)idCount]);
        Assert.Equal(s_tokenizer.Decode(expected), Encoding.UTF8.GetString(decoded, 0, (int)byteCount));
    }

    [Fact]
    public void Encode_SeveralTexts_PadsOnTheRight()
    {
        TokenBatch batch = s_tokenizer.Encode(["[S1] Hi", "[S1] Hello"]);

        Assert.Equal(new[,] { { 1, 32, 72, 105, 0, 0, 0 }, { 1, 32, 72, 101, 108, 108, 111 } }, batch.InputIds);
        Assert.Equal(new[,] { { 1, 1, 1, 1, 0, 0, 0 }, { 1, 1, 1, 1, 1, 1, 1 } }, batch.AttentionMask);
        Assert.Equal((2, 7), (batch.Count, batch.Length));
    }

    [Fact]
    public void Encode_LeftAndToMaxLength_PadsOnTheLeft()
    {
        TokenBatch batch = s_tokenizer.Encode("[S2]a", new TokenizeOptions { MaxLength = 4, PadToMaxLength = true, PaddingSide = PaddingSide.Left });

        Assert.Equal(new[,] { { 0, 0, 2, 97 } }, batch.InputIds);
        Assert.Equal(new[,] { { 0, 0, 1, 1 } }, batch.AttentionMask);
    }

    [Fact]
    public void Encode_TooLong_TellsBothLengths()
    {
        TextTooLongException exception = Assert.Throws<TextTooLongException>(() => s_tokenizer.Encode(new string('x', 1025)));

        Assert.Equal((1025, 1024), (exception.Length, exception.MaxLength));
        Assert.Equal("The text has 1025 tokens; at most 1024 are allowed.", exception.Message);
    }

    [Fact]
    public void Encode_TooLongWithTruncate_CutsTheEnd()
    {
        TokenBatch batch = s_tokenizer.Encode("abcdef", new TokenizeOptions { MaxLength = 3, Truncate = true });

        Assert.Equal([97, 98, 99], batch.InputIds.Cast<int>());
    }

    [Fact]
    public void Encode_NoTextOrNull_Throws()
    {
        Assert.Throws<ArgumentException>(() => s_tokenizer.Encode([]));
        Assert.Throws<ArgumentException>(() => s_tokenizer.Encode([null!]));
        Assert.Throws<ArgumentNullException>(() => s_tokenizer.Encode((string)null!));
    }

    [Fact]
    public void Decode_BytesAndTags_IsUtf8()
    {
        Assert.Equal("[S1] é<pad>[S2]", s_tokenizer.Decode([1, 32, 195, 169, 0, 2]));
        Assert.Equal("[S1] é[S2]", s_tokenizer.Decode([1, 32, 195, 169, 0, 2], skipSpecialTokens: true));
        Assert.Equal("\uFFFDx", s_tokenizer.Decode([195, 120]));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(256)]
    public void Decode_IdOutOfRange_Throws(int id) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => s_tokenizer.Decode([id]));

    [Fact]
    public void DecodeBatch_Batch_DecodesEveryRow() =>
        Assert.Equal(["[S1] Hi", "Hello"], s_tokenizer.DecodeBatch(s_tokenizer.Encode(["[S1] Hi", "Hello"]).InputIds, skipSpecialTokens: true));

    [Fact]
    public void Tokenize_NonAscii_GivesOneCharacterPerByte() =>
        Assert.Equal(["[S1]", " ", "\u00C3", "\u00A9"], s_tokenizer.Tokenize("[S1] é"));

    [Fact]
    public void Vocabulary_AllIds_AgreesWithTheConversions()
    {
        Assert.Equal(256, s_tokenizer.VocabSize);
        Assert.Equal(256, s_tokenizer.Vocabulary.Count);
        Assert.All(Enumerable.Range(0, 256), id =>
        {
            Assert.Equal(id, s_tokenizer.TokenToId(s_tokenizer.IdToToken(id)));
            Assert.Equal(id, s_tokenizer.Vocabulary[s_tokenizer.IdToToken(id)]);
        });
        Assert.Equal("[S2]", s_tokenizer.IdToToken(DiaTokenizer.Speaker2Id));
        Assert.Equal(s_tokenizer.UnknownTokenId, s_tokenizer.TokenToId("no token"));
    }

    [Fact]
    public void Constructor_OtherTokensAndOffset_UsesThem()
    {
        var tokenizer = new DiaTokenizer(padToken: "<end>", maxLength: 8, offset: 10);

        Assert.Equal([0, 1, 107], tokenizer.Encode("<end>[S1]a").InputIds.Cast<int>());
        Assert.Equal("<end>[S1]a", tokenizer.Decode([0, 1, 107]));
        Assert.Throws<TextTooLongException>(() => tokenizer.Encode("123456789"));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([9]));
        Assert.Equal((259, 107), (tokenizer.Vocabulary.Count, tokenizer.Vocabulary["a"]));
    }

    [Fact]
    public void Constructor_BadArguments_Throws()
    {
        Assert.Throws<ArgumentException>(() => new DiaTokenizer(padToken: ""));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaTokenizer(maxLength: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DiaTokenizer(offset: -1));
    }
}
