namespace DiaNative.Tests.Audio;

public sealed class DacCodecTests : IDisposable
{
    private readonly DiaModel _model = TinyModel.Load();
    private readonly DacCodec _codec;

    public DacCodecTests()
    {
        _codec = new DacCodec(_model);
    }

    public void Dispose()
    {
        _codec.Dispose();
        _model.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(86)]
    [InlineData(1000)]
    public void Decode_AnyWindow_GivesTheSameBits(int windowFrames)
    {
        int[,] codes = RandomCodes(40);
        using var other = new DacCodec(_model, new DacCodecOptions { WindowFrames = windowFrames, Threads = 2 });

        Assert.Equal(_codec.Decode(codes).Samples.ToArray(), other.Decode(codes).Samples.ToArray());
    }

    [Fact]
    public void Decode_PieceByPiece_GivesTheBitsOfTheWhole()
    {
        int[,] codes = RandomCodes(40);
        int[] flat = [.. codes.Cast<int>()];
        float[] expected = _codec.Decode(codes).Samples.ToArray();
        var samples = new List<float>();

        // As a stream does it: a piece is decoded as soon as its context is known.
        const int Piece = 6;
        for (int first = 0; first < 40; first += Piece)
        {
            int count = Math.Min(Piece, 40 - first);
            int known = Math.Min(40, first + count + _codec.ContextFrames);
            float[] piece = new float[count * 512];
            _codec.Decode(flat.AsSpan(0, known * 9), first, count, piece);
            samples.AddRange(piece);
        }

        Assert.Equal(expected, samples);
    }

    [Fact]
    public async Task DecodeAsync_SeveralCalls_WaitForEachOther()
    {
        int[,] codes = RandomCodes(10);
        float[] expected = _codec.Decode(codes).Samples.ToArray();

        AudioBuffer[] all = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => _codec.DecodeAsync(codes)));

        Assert.All(all, audio => Assert.Equal(expected, audio.Samples.ToArray()));
    }

    [Fact]
    public void Decode_NoFrames_IsEmpty()
    {
        AudioBuffer audio = _codec.Decode(new int[0, 9]);

        Assert.Equal((0, 44100), (audio.Samples.Length, audio.SampleRate));
    }

    [Fact]
    public void Decode_BadArguments_Throws()
    {
        int[,] codes = RandomCodes(2);
        codes[1, 3] = 1024;

        AssertThrows.Message<ArgumentException>("8 codebooks", () => _codec.Decode(new int[2, 8]));
        AssertThrows.Message<ArgumentException>("1024", () => _codec.Decode(codes));
        Assert.Throws<ArgumentException>(() => _codec.Decode(new int[10], 0, 1, new float[512]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _codec.Decode(new int[18], 1, 2, new float[1024]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _codec.Decode(new int[18], -1, 1, new float[512]));
        AssertThrows.Message<ArgumentException>("511", () => _codec.Decode(new int[18], 0, 1, new float[511]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new DacCodecOptions { WindowFrames = 0 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new DacCodecOptions { Threads = 0 });
    }

    [Fact]
    public async Task DecodeAsync_Cancelled_ThrowsAndTheNextCallWorks()
    {
        int[,] codes = RandomCodes(10_000);
        using var source = new CancellationTokenSource();

        Task<AudioBuffer> decoding = _codec.DecodeAsync(codes, source.Token);
        Soon.Do(source.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => decoding);
        Assert.Equal(512, _codec.Decode(RandomCodes(1)).Samples.Length);
    }

    [Fact]
    public async Task Decode_TokensCancelledAroundTheEnd_NeverStopAnotherCall()
    {
        int[,] codes = RandomCodes(2);
        float[] expected = _codec.Decode(codes).Samples.ToArray();
        for (int i = 0; i < 200; i++)
        {
            using var source = new CancellationTokenSource();
            Task cancelling = Task.Run(source.Cancel);
            Exception? exception = await Record.ExceptionAsync(() => _codec.DecodeAsync(codes, source.Token));
            Assert.True(exception is null or OperationCanceledException, exception?.ToString());
            await cancelling;
            Assert.Equal(expected, _codec.Decode(codes).Samples.ToArray());
        }
    }

    [Fact]
    public async Task Dispose_DuringACall_StopsIt()
    {
        var codec = new DacCodec(_model);
        Task<AudioBuffer> decoding = codec.DecodeAsync(RandomCodes(10_000));
        Soon.Do(codec.Dispose);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => decoding);
        codec.Dispose();
        Assert.Throws<ObjectDisposedException>(() => codec.Decode(RandomCodes(1)));
    }

    [Fact]
    public void Decode_ModelDisposed_GoesOn()
    {
        DiaModel model = TinyModel.Load();
        using var codec = new DacCodec(model);
        model.Dispose();

        Assert.Equal(512, codec.Decode(RandomCodes(1)).Samples.Length);
    }

    [Fact]
    public async Task EncodeAsync_GoldenWaveform_GivesTheCodesOfTheReference()
    {
        GoldenCase golden = GoldenSet.Tiny.Case("dac_encode/a");
        var audio = new AudioBuffer(golden.Floats("waveform"), 44100);
        int[,] expected = golden.Matrix("audio_codes");

        int[,] codes = await _codec.EncodeAsync(audio);

        Assert.Equal((expected.GetLength(1), expected.GetLength(0)), (codes.GetLength(0), codes.GetLength(1)));
        Assert.All(Enumerable.Range(0, codes.GetLength(0)), frame => Assert.All(
            Enumerable.Range(0, 9), codebook => Assert.Equal(expected[codebook, frame], codes[frame, codebook])));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(512, 1)]
    [InlineData(513, 2)]
    public void Encode_AnyLength_IsFilledUpToWholeFrames(int samples, int frames)
    {
        float[] tone = [.. Enumerable.Range(0, samples).Select(i => MathF.Sin(i * 0.1f))];
        float[] filled = new float[512 * frames];
        tone.CopyTo(filled, 0);

        int[,] codes = _codec.Encode(new AudioBuffer(tone, 44100));

        Assert.Equal(frames, codes.GetLength(0));
        Assert.Equal(_codec.Encode(new AudioBuffer(filled, 44100)), codes);
    }

    [Fact]
    public void Encode_BadAudio_Throws()
    {
        AssertThrows.Message<ArgumentException>("48000 Hz; the codec needs 44100 Hz. Resample(44100)", () => _codec.Encode(Silence(9, 48000)));
        AssertThrows.Message<ArgumentException>("empty", () => _codec.Encode(Silence(0, 44100)));
        Assert.Throws<ArgumentNullException>(() => _codec.Encode(null!));
        float[] loud = [.. Enumerable.Repeat(float.MaxValue, 600)];
        Assert.Equal(DiaErrorCode.NotANumber, Assert.Throws<DiaException>(() => _codec.Encode(new AudioBuffer(loud, 44100))).Code);
    }

    [Fact]
    public async Task EncodeAsync_Cancelled_ThrowsAndTheNextCallWorks()
    {
        using var source = new CancellationTokenSource();

        Task<int[,]> encoding = _codec.EncodeAsync(Silence(10_000_000, 44100), source.Token);
        Soon.Do(source.Cancel);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => encoding);
        Assert.Equal(1, _codec.Encode(Silence(1, 44100)).GetLength(0));
        Assert.Throws<OperationCanceledException>(() => _codec.Encode(Silence(1, 44100), new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Dispose_DuringEncoding_StopsIt()
    {
        var codec = new DacCodec(_model);
        Task<int[,]> encoding = codec.EncodeAsync(Silence(10_000_000, 44100));
        Soon.Do(codec.Dispose);

        await Assert.ThrowsAsync<ObjectDisposedException>(() => encoding);
        Assert.Throws<ObjectDisposedException>(() => codec.Encode(Silence(1, 44100)));
        Assert.Throws<ObjectDisposedException>(() => codec.Fingerprint);
    }

    [Fact]
    public void Fingerprint_IsThatOfTheCheckpointWhateverTheTypes()
    {
        using var folder = new TemporaryFolder();
        string converted = folder.PathTo("small.gguf");
        DiaConverter.Convert(
            GoldenSet.Tiny.ModelDirectory,
            GoldenSet.Tiny.CodecDirectory,
            converted,
            new ConversionOptions { WeightType = WeightType.F16, CodecWeightType = WeightType.F16 });
        using DiaModel small = DiaModel.Load(converted, new DiaModelOptions { Threads = 1 });
        using var codec = new DacCodec(small);

        Assert.Matches("^[0-9a-f]{64}$", _codec.Fingerprint);
        Assert.Equal(_codec.Fingerprint, codec.Fingerprint);
    }

    private static AudioBuffer Silence(int samples, int rate) => new(new float[samples], rate);

    private static int[,] RandomCodes(int frames)
    {
        var random = new Random(1);
        var codes = new int[frames, 9];
        foreach (ref int code in codes.Flat())
        {
            code = random.Next(1024);
        }

        return codes;
    }
}
