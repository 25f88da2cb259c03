using System.Runtime.InteropServices;

namespace DiaNative;

/// <summary>
/// Cuts the frames of one row into pieces of audio as they come. A frame's samples are final once the frames that they depend on are
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

    public SpeechStream(DacCodec codec, StreamingOptions options, Action<AudioChunk> emit)
    {
        _codec = codec;
        _emit = emit;
        _firstChunk = FramesIn(options.FirstChunkDuration);
        _chunk = FramesIn(options.ChunkDuration);
    }

    /// <summary>The audio so far.</summary>
    public TimeSpan Duration => DurationOf(_emitted);

    private int Frames => _codes.Count / _codec.Config.NumCodebooks;

    private int NextChunk => _chunks == 0 ? _firstChunk : _chunk;

    /// <summary>Takes what is new of a row, and emits the pieces that are final.</summary>
    public void Take(DiaGenerator generator, int row, CancellationToken cancellationToken)
    {
        GenerationRowState state = generator.GetRow(row);
        if (state.Frames == Frames)
        {
            return;
        }

        _codes.AddRange(generator.GetFrames(row, Frames).Flat());
        while (Frames - _codec.ContextFrames >= _emitted + NextChunk)
        {
            Emit(NextChunk, null, state.Seed, cancellationToken);
        }
    }

    /// <summary>Emits the rest of a row that has ended.</summary>
    public void End(DiaGenerationRow row, CancellationToken cancellationToken)
    {
        _codes.AddRange(row.Codes.Flat()[_codes.Count..]);
        while (Frames > _emitted + NextChunk)
        {
            Emit(NextChunk, null, row.Seed, cancellationToken);
        }

        Emit(Frames - _emitted, row.FinishReason, row.Seed, cancellationToken);
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
