using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace DiaNative.Tests.Voices;

/// <summary>Voice files that are not what they claim to be.</summary>
public sealed class VoiceFileTests
{
    private static readonly Lazy<byte[]> s_voice = new(() =>
    {
        using DiaModel model = TinyModel.Load();
        using var codec = new DacCodec(model);
        using var stream = new MemoryStream();
        Voice.FromCodes(codec, new int[20, 9], "[S1] It was raining. [S2] All day.").Save(stream);
        return stream.ToArray();
    });

    [Fact]
    public void Load_File_IsSafetensorsAsDocumented()
    {
        byte[] file = s_voice.Value;
        int headerSize = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        JsonObject header = Header(file);

        Assert.Equal(0, headerSize % 8);
        Assert.Equal(8 + headerSize + (20 * 9 * 4), file.Length);
        Assert.Equal("dianative.voice", (string?)header["__metadata__"]!["format"]);
        Assert.Equal("1", (string?)header["__metadata__"]!["version"]);
        Assert.Equal("[S1] It was raining. [S2] All day.", (string?)header["__metadata__"]!["transcript"]);
        Assert.Equal("""{"dtype":"I32","shape":[20,9],"data_offsets":[0,720]}""", header["codes"]!.ToJsonString());
    }

    [Theory]
    [InlineData("format", "dianative.noise", "dianative.noise")]
    [InlineData("version", "0", "version")]
    [InlineData("version", "one", "version")]
    [InlineData("codec", "abc", "64")]
    [InlineData("codec", "ZZ", "64")]
    [InlineData("sampling_rate", "0", "sampling_rate")]
    [InlineData("sampling_rate", "1e9", "sampling_rate")]
    [InlineData("sampling_rate", "99999999999999", "sampling_rate")]
    [InlineData("hop_length", "-512", "hop_length")]
    [InlineData("codebook_size", "0", "codebook_size")]
    [InlineData("transcript", "", "empty")]
    [InlineData("transcript", "no tag", "[S1]")]
    [InlineData("transcript", "[S1] \u0001", "U+0001")]
    [InlineData("transcript", null, "transcript")]
    [InlineData("format", null, "format")]
    [InlineData("codec", null, "codec")]
    public void Load_WrongMetadata_NamesIt(string key, string? value, string expected) => Refused(
        expected,
        header =>
        {
            var metadata = header["__metadata__"]!.AsObject();
            metadata.Remove(key);
            if (value is not null)
            {
                metadata[key] = value;
            }
        });

    [Fact]
    public void Load_LaterVersion_IsUnsupported()
    {
        DiaFileException exception = Refused("version 2", header => header["__metadata__"]!["version"] = "2");

        Assert.Equal(DiaErrorCode.Unsupported, exception.Code);
    }

    [Theory]
    [InlineData("dtype", "\"F32\"", "F32")]
    [InlineData("dtype", "7", "dtype")]
    [InlineData("shape", "[20]", "shape")]
    [InlineData("shape", "[20, 9, 1]", "shape")]
    [InlineData("shape", "[21, 9]", "21 x 9")]
    [InlineData("shape", "[-20, 9]", "[-20, 9]")]
    [InlineData("shape", "[180, 1.5]", "shape")]
    [InlineData("shape", "[0, 0]", "[0, 0]")]
    [InlineData("shape", "[4611686018427387904, 9]", "4611686018427387904")]
    [InlineData("shape", "[1e30, 9]", "shape")]
    [InlineData("data_offsets", "[0, 719]", "719")]
    [InlineData("data_offsets", "[4, 724]", "724")]
    [InlineData("data_offsets", "[-720, 0]", "-720")]
    [InlineData("data_offsets", "{}", "data_offsets")]
    public void Load_WrongTensor_NamesIt(string key, string value, string expected) =>
        Refused(expected, header => header["codes"]![key] = JsonNode.Parse(value));

    [Fact]
    public void Load_NoTensorOrAnother_NamesIt()
    {
        Refused("'codes'", header => header.Remove("codes"));
        Refused("'more'", header => header["more"] = JsonNode.Parse("""{"dtype":"I32","shape":[0,1],"data_offsets":[720,720]}"""));
        Refused("__metadata__", header => header.Remove("__metadata__"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(1024)]
    [InlineData(int.MinValue)]
    public void Load_CodeOutOfRange_IsNamed(int code)
    {
        byte[] file = [.. s_voice.Value];
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(file.Length - 4), code);

        Refused(file, $"frame 19, codebook 8: the code is {code}");
    }

    [Fact]
    public void Load_NoFrames_IsRefused() => Refused(
        "no frame",
        header =>
        {
            header["codes"]!["shape"] = new JsonArray(0, 9);
            header["codes"]!["data_offsets"] = new JsonArray(0, 0);
        },
        data: []);

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(100)]
    [InlineData(-1)]
    [InlineData(-720)]
    public void Load_TruncatedFile_IsRefused(int length) =>
        Refused(length >= 0 ? s_voice.Value[..length] : s_voice.Value[..^-length], "");

    [Fact]
    public void Load_HeaderThatIsNone_IsRefused()
    {
        byte[] file = [.. s_voice.Value];
        BinaryPrimitives.WriteUInt64LittleEndian(file, ulong.MaxValue);
        Refused(file, "18446744073709551615");
        Refused([.. "version https://git-lfs.github.com/spec/v1\n"u8], "no safetensors");
        Refused(File("[]", []), "__metadata__");
        Refused(File("{\"codes\":{},\"codes\":{}}", []), "codes");
        Refused(File(new string('[', 1000), []), "");
        byte[] header = [.. """{"__metadata__":{"format":" """u8, 0xFF, 0xFE, .. "\"}}"u8];
        Refused([.. BitConverter.GetBytes((long)header.Length), .. header], "");
    }

    [Fact]
    public void Load_EndlessStream_StopsAtItsLimit()
    {
        using var endless = new EndlessStream();

        DiaFileException exception = Assert.Throws<DiaFileException>(() => Voice.Load(endless));

        Assert.Equal(DiaErrorCode.Unsupported, exception.Code);
        Assert.InRange(endless.BytesRead, 1 << 20, 32 << 20);
    }

    private static JsonObject Header(byte[] file) =>
        JsonNode.Parse(file.AsSpan(8, (int)BinaryPrimitives.ReadUInt64LittleEndian(file)))!.AsObject();

    private static byte[] File(string header, byte[] data)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(header);
        return [.. BitConverter.GetBytes((long)bytes.Length), .. bytes, .. data];
    }

    private static DiaFileException Refused(string expected, Action<JsonObject> change, byte[]? data = null)
    {
        JsonObject header = Header(s_voice.Value);
        change(header);
        return Refused(File(header.ToJsonString(), data ?? s_voice.Value[^720..]), expected);
    }

    private static DiaFileException Refused(byte[] file, string expected)
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("damaged.voice");
        System.IO.File.WriteAllBytes(path, file);

        DiaFileException exception = Assert.Throws<DiaFileException>(() => Voice.Load(path));

        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
        return exception;
    }

    private sealed class EndlessStream : MemoryStream
    {
        public long BytesRead { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            buffer.Clear();
            BytesRead += buffer.Length;
            return buffer.Length;
        }
    }
}
