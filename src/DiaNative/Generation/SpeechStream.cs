using System.Runtime.InteropServices;

namespace DiaNative;

/// <summary>
/// Turns the frames of one row into pieces of audio as they come. A frame's samples are final once the frames that they depend on are
/// known, so that the pieces are those of the whole clip.
/// </summary>
internal sealed class SpeechStream
{
    private readonly DacCodec _codec;
    private readonly Action<AudioChunk> _emit;
    private readonly int _firstChunk;
    private readonly int _chunk;
    private readonly List<int> _codes = [];
    private int _emitted; // frames
    private int _chunks;

    /// <summary>Pieces of the codec's windows, which take the time of decoding the whole clip.</summary>
    public SpeechStream(DacCodec codec, Action<AudioChunk> emit)
    {
        _codec = codec;
        _emit = emit;
        _firstChunk = _chunk = codec.WindowFrames;
    }

    /// <summary>Pieces of the durations that the options state.</summary>
    public SpeechStream(DacCodec codec, StreamingOptions options, Action<AudioChunk> emit)
        : this(codec, emit)
    {
        _firstChunk = FramesIn(options.FirstChunkDuration);
        _chunk = FramesIn(options.ChunkDuration);
    }

    /// <summary>The audio so far.</summary>
    public TimeSpan Duration => DurationOf(_emitted);

    /// <summary>The most frames of a piece.</summary>
    public int LargestPiece => Math.Max(_firstChunk, _chunk);

    private int Frames => _codes.Count / _codec.Config.NumCodebooks;

    private int NextChunk => _chunks == 0 ? _firstChunk : _chunk;

    /// <summary>Takes the row's next frames, and emits the pieces that are final; all that is left if the row has ended.</summary>
    public void Take(GeneratedFrames frames, CancellationToken cancellationToken)
    {
        _codes.AddRange(frames.Codes.Flat());
        int pending = frames.FinishReason is null ? _codec.ContextFrames : 1;
        while (Frames - pending >= _emitted + NextChunk)
        {
            Emit(NextChunk, null, frames.Seed, cancellationToken);
        }

        if (frames.FinishReason is not null)
        {
            Emit(Frames - _emitted, frames.FinishReason, frames.Seed, cancellationToken);
        }
    }

    private void Emit(int frames, FinishReason? finishReason, ulong seed, CancellationToken cancellationToken)
    {
        var samples = new float[frames * _codec.Config.HopLength];
        _codec.Decode(CollectionsMarshal.AsSpan(_codes), _emitted, frames, samples, cancellationToken);
        _emit(new AudioChunk(_chunks, new AudioBuffer(samples, _codec.Config.SamplingRate), Duration, finishReason, seed));
        _emitted += frames;
        _chunks++;
    }

    private TimeSpan DurationOf(int frames) =>
        TimeSpan.FromTicks((long)Math.Round((double)frames * _codec.Config.HopLength / _codec.Config.SamplingRate * TimeSpan.TicksPerSecond));

    private int FramesIn(TimeSpan duration) =>
        Math.Max(1, (int)(duration.TotalSeconds * _codec.Config.SamplingRate / _codec.Config.HopLength));
}
