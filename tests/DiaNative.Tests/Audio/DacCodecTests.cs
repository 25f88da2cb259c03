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
        int[,] codes = RandomCodes(3000);
        using var source = new CancellationTokenSource();

        Task<AudioBuffer> decoding = _codec.DecodeAsync(codes, source.Token);
        source.CancelAfter(TimeSpan.FromMilliseconds(20));

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
        Task<AudioBuffer> decoding = codec.DecodeAsync(RandomCodes(3000));
        await Task.Delay(20);

        codec.Dispose();
        codec.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => decoding);
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
