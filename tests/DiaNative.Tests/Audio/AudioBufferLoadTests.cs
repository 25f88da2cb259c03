using System.Buffers.Binary;
using System.Text;

namespace DiaNative.Tests.Audio;

public sealed class AudioBufferLoadTests
{
    private static string Data(string name) => RepositoryLayout.PathTo("tests", "data", "audio", name);

    [Theory]
    [InlineData("stereo_44100_16bit.flac", 44100, 11025)]
    [InlineData("mono_22050_24bit.flac", 22050, 5512)]
    [InlineData("stereo_44100_128kbps.mp3", 44100, 11025)]
    public async Task Load_File_GivesMonoSamples(string name, int sampleRate, int samples)
    {
        AudioBuffer audio = AudioBuffer.Load(Data(name));
        using FileStream stream = File.OpenRead(Data(name));
        using FileStream asyncStream = File.OpenRead(Data(name));

        Assert.Equal((sampleRate, samples), (audio.SampleRate, audio.Length));
        Assert.InRange(audio.Peak, 0.2f, 1f);
        Assert.Equal(audio.Samples.ToArray(), (await AudioBuffer.LoadAsync(Data(name))).Samples.ToArray());
        Assert.Equal(audio.Samples.ToArray(), AudioBuffer.Load(stream).Samples.ToArray());
        Assert.Equal(audio.Samples.ToArray(), (await AudioBuffer.LoadAsync(asyncStream)).Samples.ToArray());
    }

    [Fact]
    public void Load_AtARate_IsResampling()
    {
        AudioBuffer audio = AudioBuffer.Load(Data("mono_22050_24bit.flac"), 44100);

        Assert.Equal((44100, 11024), (audio.SampleRate, audio.Length));
        Assert.Equal(AudioBuffer.Load(Data("mono_22050_24bit.flac")).Resample(44100).Samples.ToArray(), audio.Samples.ToArray());
    }

    [Theory]
    [InlineData(WavFormat.Pcm16, 1.5f / 32767)]
    [InlineData(WavFormat.Pcm24, 1.5f / 8388607)]
    [InlineData(WavFormat.Float32, 0f)]
    public void Load_WhatWasSaved_IsTheSame(WavFormat format, float tolerance)
    {
        float[] samples = [.. Enumerable.Range(0, 1000).Select(i => MathF.Sin(i * 0.05f))];
        using var stream = new MemoryStream();
        new AudioBuffer(samples, 22050).SaveWav(stream, format);
        stream.Position = 0;

        AudioBuffer loaded = AudioBuffer.Load(stream);

        Assert.Equal(22050, loaded.SampleRate);
        Difference difference = Difference.Between(loaded.Samples.Span, samples);
        Assert.True(difference.MaxAbs <= tolerance, $"sample {difference.WorstIndex} differs by {difference.MaxAbs:G3}");
    }

    [Fact]
    public void Load_NotSound_IsATypedError()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathTo("text.wav"), "RIFF is how many files begin");
        File.WriteAllBytes(folder.PathTo("empty.wav"), []);

        AssertThrows.Message<DiaFileException>(folder.PathTo("text.wav"), () => AudioBuffer.Load(folder.PathTo("text.wav")));
        AssertThrows.Message<DiaFileException>("empty", () => AudioBuffer.Load(folder.PathTo("empty.wav")));
        Assert.Throws<FileNotFoundException>(() => AudioBuffer.Load(folder.PathTo("nowhere.wav")));
        AssertThrows.Message<IOException>("a sound file is expected", () => AudioBuffer.Load(folder.FullName));
        Assert.Throws<DiaFileException>(() => AudioBuffer.Load(new MemoryStream(Encoding.UTF8.GetBytes("no sound at all"))));
        Assert.Throws<DiaFileException>(() => AudioBuffer.Load(Stream.Null));
        Assert.Throws<ArgumentNullException>(() => AudioBuffer.Load((Stream)null!));
        Assert.Throws<ArgumentException>(() => AudioBuffer.Load(""));
    }

    [Theory]
    [InlineData(8, 44100, "8 channels")]
    [InlineData(2, 1, "1 Hz")]
    [InlineData(2, 10_000_000, "10000000 Hz")]
    public void Load_ChannelsOrRateOutOfRange_AreNamed(int channels, int rate, string expected) =>
        AssertThrows.Message<DiaFileException>(expected, () => AudioBuffer.Load(new MemoryStream(Wav(channels, rate, new float[16]))));

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Load_NotANumber_NamesTheSample(float value) =>
        AssertThrows.Message<DiaFileException>("sample 3 ", () => AudioBuffer.Load(new MemoryStream(Wav(1, 8000, [0, 0, 0, value, 0]))));

    [Theory]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(768_001)]
    [InlineData(-44100)]
    public void Load_RateOutOfRange_Throws(int rate)
    {
        AssertThrows.Message<ArgumentOutOfRangeException>(
            "from 1000 to 768000", () => AudioBuffer.Load(Data("mono_22050_24bit.flac"), rate));
        AssertThrows.Message<ArgumentOutOfRangeException>("from 1000 to 768000", () => new AudioBuffer(new float[5], 8000).Resample(rate));
    }

    [Fact]
    public async Task LoadAsync_Cancelled_Throws()
    {
        var cancelled = new CancellationToken(canceled: true);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => AudioBuffer.LoadAsync(Data("mono_22050_24bit.flac"), cancellationToken: cancelled));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => AudioBuffer.LoadAsync(new MemoryStream(new byte[9]), cancellationToken: cancelled));
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(1)]
    public async Task ReadAllAsync_EndlessStream_StopsAtTheLimit(int limit)
    {
        using var endless = new EndlessStream();

        Task<ReadOnlyMemory<byte>> reading = BoundedReader.ReadAllAsync(endless, limit, async: true, CancellationToken.None).AsTask();

        DiaFileException exception = await Assert.ThrowsAsync<DiaFileException>(() => reading);
        Assert.Equal(DiaErrorCode.Unsupported, exception.Code);
        Assert.Equal(limit + 1, endless.BytesRead);
    }

    [Fact]
    public async Task ReadAllAsync_ExactlyTheLimit_IsRead()
    {
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i % 251))];

        ReadOnlyMemory<byte> read = await BoundedReader.ReadAllAsync(new MemoryStream(bytes), bytes.Length, async: false, CancellationToken.None);

        Assert.Equal(bytes, read.ToArray());
    }

    // A WAV file of 32-bit floating point.
    private static byte[] Wav(int channels, int rate, float[] samples)
    {
        byte[] file = new byte[44 + (4 * samples.Length)];
        "RIFF"u8.CopyTo(file);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(4), file.Length - 8);
        "WAVEfmt "u8.CopyTo(file.AsSpan(8));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(16), 16);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(20), 3);
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(22), (short)channels);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(24), rate);
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(28), unchecked(rate * channels * 4));
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(32), (short)(channels * 4));
        BinaryPrimitives.WriteInt16LittleEndian(file.AsSpan(34), 32);
        "data"u8.CopyTo(file.AsSpan(36));
        BinaryPrimitives.WriteInt32LittleEndian(file.AsSpan(40), 4 * samples.Length);
        for (int i = 0; i < samples.Length; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(file.AsSpan(44 + (4 * i)), samples[i]);
        }

        return file;
    }

    private sealed class EndlessStream : MemoryStream
    {
        public long BytesRead { get; private set; }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            buffer.Span.Fill(0xFF);
            BytesRead += buffer.Length;
            return new ValueTask<int>(buffer.Length);
        }
    }
}
