using System.Runtime.InteropServices;

namespace DiaNative.Tests.Audio;

public sealed class AudioBufferTests
{
    private static readonly float[] s_samples = [0f, 1f, -1f, 0.5f, 2f];

    [Fact]
    public void SaveWav_Pcm16_WritesTheExactBytes()
    {
        using var stream = new MemoryStream();
        new AudioBuffer(s_samples, 44100).SaveWav(stream);

        byte[] expected =
        [
            .. "RIFF"u8, 46, 0, 0, 0, .. "WAVE"u8,
            .. "fmt "u8, 16, 0, 0, 0, 1, 0, 1, 0, 0x44, 0xAC, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0,
            .. "data"u8, 10, 0, 0, 0, 0, 0, 0xFF, 0x7F, 0x01, 0x80, 0x00, 0x40, 0xFF, 0x7F,
        ];
        Assert.Equal(expected, stream.ToArray());
    }

    [Fact]
    public void SaveWav_Pcm24_PadsAnOddNumberOfBytes()
    {
        using var stream = new MemoryStream();
        new AudioBuffer(s_samples, 44100).SaveWav(stream, WavFormat.Pcm24);

        WavFile file = WavFile.Parse(stream.ToArray());
        Assert.Equal((1, 1, 44100, 24), (file.FormatTag, file.Channels, file.SampleRate, file.BitsPerSample));
        Assert.Equal([0, 0, 0, 0xFF, 0xFF, 0x7F, 0x01, 0x00, 0x80, 0x00, 0x00, 0x40, 0xFF, 0xFF, 0x7F], file.Data);
        Assert.Equal(44 + 15 + 1, stream.Length);
    }

    [Fact]
    public void SaveWav_Float32_KeepsTheSamples()
    {
        using var stream = new MemoryStream();
        new AudioBuffer(s_samples, 48000).SaveWav(stream, WavFormat.Float32);

        WavFile file = WavFile.Parse(stream.ToArray());
        Assert.Equal((3, 1, 48000, 32), (file.FormatTag, file.Channels, file.SampleRate, file.BitsPerSample));
        Assert.Equal(s_samples, MemoryMarshal.Cast<byte, float>(file.Data).ToArray());
    }

    [Fact]
    public void SaveWav_UnknownFormat_LeavesNothing()
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<ArgumentOutOfRangeException>(() => new AudioBuffer(s_samples, 1).SaveWav(folder.PathTo("x.wav"), (WavFormat)9));
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Theory]
    [InlineData("plain.wav")]
    [InlineData("grüße 世界 😀.wav")]
    public async Task SaveWavAsync_Path_WritesWhatAStreamGets(string name)
    {
        using var folder = new TemporaryFolder();
        var audio = new AudioBuffer(Enumerable.Range(0, 100_000).Select(i => MathF.Sin(i * 0.01f)).ToArray(), 44100);
        using var stream = new MemoryStream();
        audio.SaveWav(stream);

        await audio.SaveWavAsync(folder.PathTo(name));
        Assert.Equal(stream.ToArray(), File.ReadAllBytes(folder.PathTo(name)));

        audio.SaveWav(folder.PathTo(name), WavFormat.Float32);
        Assert.Equal(3, WavFile.Read(folder.PathTo(name)).FormatTag);
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void SaveWav_MissingFolder_Throws()
    {
        using var folder = new TemporaryFolder();

        Assert.Throws<DirectoryNotFoundException>(() => new AudioBuffer(s_samples, 1).SaveWav(folder.PathTo("missing/x.wav")));
    }

    [Fact]
    public async Task SaveWavAsync_Cancelled_KeepsTheOldFile()
    {
        using var folder = new TemporaryFolder();
        string path = folder.PathTo("old.wav");
        File.WriteAllText(path, "old");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new AudioBuffer(s_samples, 1).SaveWavAsync(path, cancellationToken: new CancellationToken(canceled: true)));

        Assert.Equal("old", File.ReadAllText(path));
        Assert.Single(Directory.EnumerateFileSystemEntries(folder.FullName));
    }

    [Fact]
    public void SaveWav_Link_ReplacesWhatItPointsTo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathTo("target.wav"), "old");
        File.CreateSymbolicLink(folder.PathTo("link.wav"), folder.PathTo("target.wav"));

        new AudioBuffer(s_samples, 8000).SaveWav(folder.PathTo("link.wav"));

        Assert.Equal(folder.PathTo("target.wav"), new FileInfo(folder.PathTo("link.wav")).LinkTarget);
        Assert.Equal(5, WavFile.Read(folder.PathTo("target.wav")).Pcm16.Length);
    }

    [Fact]
    public void SaveWav_NullDevice_StaysADevice()
    {
        if (!OperatingSystem.IsWindows())
        {
            new AudioBuffer(s_samples, 8000).SaveWav("/dev/null");
            Assert.Equal(0, new FileInfo("/dev/null").Length);
        }
    }

    [Fact]
    public void Measures_Samples_AreRight()
    {
        var audio = new AudioBuffer(new[] { 0.5f, -0.75f, 0f, 0.25f }, 8);

        Assert.Equal(TimeSpan.FromSeconds(0.5), audio.Duration);
        Assert.Equal(0.75f, audio.Peak);
        Assert.Equal(MathF.Sqrt(0.875f / 4), audio.Rms, 6);
    }

    [Fact]
    public void Measures_Empty_AreZero()
    {
        var audio = new AudioBuffer(ReadOnlyMemory<float>.Empty, 44100);

        Assert.Equal((TimeSpan.Zero, 0f, 0f), (audio.Duration, audio.Peak, audio.Rms));
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.NegativeInfinity)]
    public void Constructor_NotFinite_NamesTheSample(float sample) =>
        AssertThrows.Message<ArgumentException>("Sample 1 of 2", () => new AudioBuffer(new[] { 0f, sample }, 1));

    [Fact]
    public void Constructor_NoRate_Throws() => Assert.Throws<ArgumentOutOfRangeException>(() => new AudioBuffer(new float[1], 0));
}
