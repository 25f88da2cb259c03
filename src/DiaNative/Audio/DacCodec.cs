using System.Diagnostics;
using System.Globalization;
using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// The DAC codec: turns codes into 44.1 kHz mono audio. Thread-safe; calls on one codec wait for each other in order, and several codecs
/// on one model run side by side.
/// </summary>
/// <remarks>
/// A frame's samples depend on <see cref="ContextFrames"/> frames on each side of it and on nothing else: decoding a clip piece by
/// piece gives bit for bit the samples of decoding it whole.
/// </remarks>
public sealed class DacCodec : IDisposable
{
    private readonly CodecHandle _handle;
    private readonly DiaModel _model;
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Creates a codec.</summary>
    /// <param name="model">A model that was loaded with its codec; the codec keeps what it needs of it.</param>
    /// <param name="options">How to run; <see langword="null"/> for the defaults.</param>
    /// <exception cref="InvalidOperationException">The model has no codec.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public DacCodec(DiaModel model, DacCodecOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        Config = model.CodecConfig ?? throw new InvalidOperationException(
            $"'{model.Path}' has no codec, or was loaded with LoadCodec = false.");
        _model = model;
        _handle = CodecHandle.Create(model.Handle, options?.Threads ?? model.Options.Threads ?? 0, options?.WindowFrames);
        ContextFrames = _handle.ContextFrames;
    }

    /// <summary>The architecture of the codec.</summary>
    public DacConfig Config { get; }

    /// <summary>
    /// Frames on each side of a frame that its samples depend on. A frame's samples are final once this many frames behind it are known.
    /// </summary>
    public int ContextFrames { get; }

    /// <summary>Decodes a clip.</summary>
    /// <param name="codes">Codes, [frames, codebooks], each from 0 to <see cref="DacConfig.CodebookSize"/> - 1; may have no frame.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>Mono audio of <see cref="DacConfig.HopLength"/> samples per frame, in [-1, 1].</returns>
    /// <exception cref="ArgumentException">The number of codebooks is not the codec's, or a code is out of its range.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The codec was disposed of, before the call or during it.</exception>
    public AudioBuffer Decode(int[,] codes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codes);
        if (codes.GetLength(1) != Config.NumCodebooks)
        {
            throw new ArgumentException(
                $"The codes have {codes.GetLength(1)} codebooks; the codec has {Config.NumCodebooks}.", nameof(codes));
        }

        int frames = codes.GetLength(0);
        var samples = new float[frames * Config.HopLength];
        Decode(codes.Flat(), 0, frames, samples, cancellationToken);
        return new AudioBuffer(samples, Config.SamplingRate);
    }

    /// <inheritdoc cref="Decode(int[,], CancellationToken)"/>
    public Task<AudioBuffer> DecodeAsync(int[,] codes, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Decode(codes, cancellationToken), cancellationToken);

    /// <summary>
    /// Decodes some frames of a clip, exactly as decoding the whole clip would. Only the frames within the context are read, so a
    /// caller that streams may pass what there is so far.
    /// </summary>
    /// <param name="codes">The clip: <see cref="DacConfig.NumCodebooks"/> codes per frame.</param>
    /// <param name="firstFrame">First frame to decode.</param>
    /// <param name="frameCount">Frames to decode.</param>
    /// <param name="destination">Receives <paramref name="frameCount"/> times <see cref="DacConfig.HopLength"/> samples, in [-1, 1].</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <exception cref="ArgumentException">The frames are not in the clip, a code is out of its range, or the destination is too short.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The codec was disposed of, before the call or during it.</exception>
    public void Decode(
        ReadOnlySpan<int> codes, int firstFrame, int frameCount, Span<float> destination, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_handle.IsShutDown, this);
        int frames = CheckRange(codes.Length, firstFrame, frameCount, destination.Length);
        cancellationToken.ThrowIfCancellationRequested();
        if (frameCount == 0)
        {
            return;
        }

        using Activity? activity = Telemetry.Start(Telemetry.Decode)?.SetTag(Telemetry.Frames, frameCount);
        long start = Stopwatch.GetTimestamp();
        _turn.Wait(cancellationToken);
        try
        {
            _handle.Decode(codes, frames, firstFrame, frameCount, destination[..(frameCount * Config.HopLength)], cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException && _handle.IsShutDown)
        {
            throw new ObjectDisposedException(GetType().FullName, exception);
        }
        catch (Exception exception) when (Telemetry.Failed(activity, Telemetry.Decode, exception))
        {
            throw;
        }
        finally
        {
            _turn.Release();
        }

        Log.AudioDecoded(_model.Logger, frameCount, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Frees the codec. May be called twice; a call that runs is stopped and throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _handle.ShutDown();

    private int CheckRange(int codes, int firstFrame, int frameCount, int destination)
    {
        if (codes % Config.NumCodebooks != 0)
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"{codes} codes are no whole number of frames of {Config.NumCodebooks} codebooks."),
                nameof(codes));
        }

        int frames = codes / Config.NumCodebooks;
        if (firstFrame < 0 || frameCount < 0 || firstFrame > frames - frameCount)
        {
            throw new ArgumentOutOfRangeException(
                nameof(firstFrame),
                firstFrame,
                string.Create(
                    CultureInfo.InvariantCulture, $"{frameCount} frames from {firstFrame} on are not within the {frames} frames of the clip."));
        }

        if (destination < (long)frameCount * Config.HopLength)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The destination has room for {destination} samples; {frameCount} frames are {(long)frameCount * Config.HopLength}."),
                nameof(destination));
        }

        return frames;
    }
}
