using System.Collections.Concurrent;

namespace DiaNative;

/// <summary>Decodes the rows of a generation on a thread of its own while their next frames are generated.</summary>
internal sealed class BackgroundDecoder : IDisposable
{
    private readonly BlockingCollection<GeneratedFrames> _frames = [];
    private readonly CancellationTokenSource _stop;
    private readonly Task<AudioBuffer[]> _work;

    /// <param name="codec">The codec.</param>
    /// <param name="rows">Rows of the generation.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    public BackgroundDecoder(DacCodec codec, int rows, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _work = NativeWork.Run(() => Decode(codec, rows, cancellationToken), CancellationToken.None);
    }

    /// <summary>Takes a row's next frames. Throws what went wrong with those before.</summary>
    public void Take(GeneratedFrames frames)
    {
        if (_work.IsCompleted)
        {
            _work.GetAwaiter().GetResult();
        }

        _frames.Add(frames);
    }

    /// <summary>Waits for the audio of all rows, which have ended.</summary>
    public AudioBuffer[] Finish()
    {
        _frames.CompleteAdding();
        return _work.GetAwaiter().GetResult();
    }

    /// <summary>Stops decoding, if it has not ended, and waits until it has.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        ((Task)_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        _stop.Dispose();
        _frames.Dispose();
    }

    private AudioBuffer[] Decode(DacCodec codec, int rows, CancellationToken cancellationToken)
    {
        List<AudioBuffer>[] pieces = [.. Enumerable.Range(0, rows).Select(_ => new List<AudioBuffer>())];
        SpeechStream[] streams = [.. pieces.Select(own => new SpeechStream(codec, chunk => own.Add(chunk.Audio)))];
        try
        {
            foreach (GeneratedFrames frames in _frames.GetConsumingEnumerable(_stop.Token))
            {
                streams[frames.Row].Take(frames, _stop.Token);
            }
        }
        catch (OperationCanceledException exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }

        return [.. pieces.Select(own => AudioBuffer.Concatenate(own))];
    }
}
