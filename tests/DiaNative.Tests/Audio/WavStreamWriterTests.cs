namespace DiaNative.Tests;

public sealed class WavStreamWriterTests
{
    private static readonly AudioBuffer s_first = new(new float[] { 0, 0.5f, -0.5f }, 8000);
    private static readonly AudioBuffer s_second = new(new float[] { 1, -1 }, 8000);
    private static readonly AudioBuffer s_whole = new(new float[] { 0, 0.5f, -0.5f, 1, -1 }, 8000);

    [Theory]
    [InlineData(WavFormat.Pcm16)]
    [InlineData(WavFormat.Pcm24)]
    [InlineData(WavFormat.Float32)]
    public async Task CompleteAsync_Seekable_IsTheFileOfAllPieces(WavFormat format)
    {
        using var stream = new MemoryStream();
        stream.WriteByte(7);

        await using (var writer = new WavStreamWriter(stream, 8000, format, leaveOpen: true))
        {
            await writer.WriteAsync(s_first);
            await writer.WriteAsync(s_second);
            await writer.CompleteAsync();
            await writer.CompleteAsync();
            Assert.Equal(TimeSpan.FromSeconds(5 / 8000.0), writer.Duration);
            await Assert.ThrowsAsync<InvalidOperationException>(() => writer.WriteAsync(s_first));
        }

        using var expected = new MemoryStream();
        expected.WriteByte(7);
        s_whole.SaveWav(expected, format);
        Assert.Equal(expected.ToArray(), stream.ToArray());
    }

    [Fact]
    public async Task CompleteAsync_NotSeekable_LeavesTheLengthOpen()
    {
        using var bytes = new MemoryStream();
        await using var stream = new ForwardOnlyStream(bytes);
        await using var writer = new WavStreamWriter(stream, 8000);
        await writer.WriteAsync(s_whole);
        await writer.CompleteAsync();

        using var expected = new MemoryStream();
        s_whole.SaveWav(expected);
        byte[] file = bytes.ToArray();
        Assert.Equal((uint.MaxValue, uint.MaxValue), (BitConverter.ToUInt32(file, 4), BitConverter.ToUInt32(file, 40)));
        Assert.Equal(expected.ToArray()[8..40], file[8..40]);
        Assert.Equal(expected.ToArray()[44..], file[44..]);
    }

    [Fact]
    public async Task CompleteAsync_NoPiece_IsAnEmptyFile()
    {
        using var stream = new MemoryStream();
        await using var writer = new WavStreamWriter(stream, 8000, leaveOpen: true);
        await writer.CompleteAsync();

        Assert.Equal(44, stream.Length);
    }

    [Fact]
    public async Task WriteAsync_OtherRate_NamesBoth()
    {
        await using var writer = new WavStreamWriter(new MemoryStream(), 44100);

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => writer.WriteAsync(s_first));

        Assert.Contains("The piece has 8000 Hz; the file has 44100 Hz.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_WrongArgument_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new WavStreamWriter(new MemoryStream(), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new WavStreamWriter(new MemoryStream(), 8000, (WavFormat)9));
        Assert.Throws<ArgumentException>(() => new WavStreamWriter(new MemoryStream(new byte[1], writable: false), 8000));
    }

    [Fact]
    public async Task DisposeAsync_ClosesTheStreamUnlessItStaysOpen()
    {
        var closed = new MemoryStream();
        await new WavStreamWriter(closed, 8000).DisposeAsync();
        var open = new MemoryStream();
        await new WavStreamWriter(open, 8000, leaveOpen: true).DisposeAsync();

        Assert.Equal((false, true), (closed.CanWrite, open.CanWrite));
    }

    /// <summary>Takes bytes, as a network connection does.</summary>
    private sealed class ForwardOnlyStream(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
