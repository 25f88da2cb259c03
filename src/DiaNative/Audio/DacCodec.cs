using System.Diagnostics;
using System.Globalization;
using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// The DAC codec: turns codes into 44.1 kHz mono audio, and audio into codes. Thread-safe; calls on one codec wait for each other in
/// order, and several codecs on one model run side by side.
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
    private readonly Lazy<string> _fingerprint;

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
        CanEncode = model.CodecHasEncoder;
        _model = model;
        _handle = CodecHandle.Create(model.Handle, options?.Threads ?? model.Options.Threads ?? 0, options?.WindowFrames);
        ContextFrames = _handle.ContextFrames;
        WindowFrames = _handle.WindowFrames;
        _fingerprint = new Lazy<string>(() => CodecFingerprint.Of(
            Config, codebook => _handle.GetCodebook(codebook, Config.CodebookSize * Config.CodebookDim)));
    }

    /// <summary>The architecture of the codec.</summary>
    public DacConfig Config { get; }

    /// <summary>Whether audio can become codes: not with a codec that was imported from TTS.cpp, which keeps only the way back.</summary>
    public bool CanEncode { get; }

    /// <summary>
    /// Frames on each side of a frame that its samples depend on. A frame's samples are final once this many frames behind it are known.
    /// </summary>
    public int ContextFrames { get; }

    /// <summary>
    /// Tells whether codes belong to this codec: SHA-256 of its codebooks, in lower-case hexadecimal digits. It is the same for every file
    /// that was made from one checkpoint, whatever the types of its weights.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The codec was disposed of before this was first asked for.</exception>
    public string Fingerprint => _fingerprint.Value;

    /// <summary>Frames that are decoded at a time.</summary>
    internal int WindowFrames { get; }

    /// <summary>Frames of the longest audio prompt that the model can go on from.</summary>
    internal int MaxPromptFrames => _model.Config.MaxPromptFrames;

    /// <summary>Encodes audio. Its end is filled with silence to a whole frame.</summary>
    /// <param name="audio">Audio at the codec's rate (<see cref="DacConfig.SamplingRate"/>); not empty.</param>
    /// <param name="cancellationToken">Stops encoding.</param>
    /// <returns>Codes, [frames, codebooks], each from 0 to <see cref="DacConfig.CodebookSize"/> - 1.</returns>
    /// <exception cref="ArgumentException">The audio is empty, or has another rate (<see cref="AudioBuffer.Resample"/> changes it).</exception>
    /// <exception cref="DiaException">The samples are so large that the numbers overflow.</exception>
    /// <exception cref="NotSupportedException">The codec has no encoder (<see cref="CanEncode"/>).</exception>
    /// <exception cref="OperationCanceledException">Encoding was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The codec was disposed of, before the call or during it.</exception>
    public int[,] Encode(AudioBuffer audio, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(audio);
        if (!CanEncode)
        {
            throw new NotSupportedException(
                $"The codec in '{_model.Path}' has no encoder: it was imported from TTS.cpp. Convert it again and give DAC's checkpoint, too.");
        }

        RequireRate(audio);
        if (audio.Length == 0)
        {
            throw new ArgumentException("The audio is empty; at least one sample is needed.", nameof(audio));
        }

        int[,] codes = new int[FramesOf(audio), Config.NumCodebooks];
        using Activity? activity = Telemetry.Start(Telemetry.Encode)?.SetTag(Telemetry.Frames, codes.GetLength(0));
        long start = Stopwatch.GetTimestamp();
        TakeTurn(cancellationToken);
        try
        {
            _handle.Encode(audio.Samples.Span, codes.Flat(), cancellationToken);
        }
        catch (Exception exception) when (IsEndOfCodec(exception))
        {
            throw new ObjectDisposedException(GetType().FullName, exception);
        }
        catch (Exception exception) when (Telemetry.Failed(activity, Telemetry.Encode, exception))
        {
            throw;
        }
        finally
        {
            _turn.Release();
        }

        Log.AudioEncoded(_model.Logger, codes.GetLength(0), Stopwatch.GetElapsedTime(start));
        return codes;
    }

    /// <inheritdoc cref="Encode"/>
    /// <summary>Encodes audio, off the caller's thread. Its end is filled with silence to a whole frame.</summary>
    public Task<int[,]> EncodeAsync(AudioBuffer audio, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Encode(audio, cancellationToken), cancellationToken);

    /// <summary>Decodes a clip.</summary>
    /// <param name="codes">Codes, [frames, codebooks], each from 0 to <see cref="DacConfig.CodebookSize"/> - 1; may have no frame.</param>
    /// <param name="cancellationToken">Stops decoding.</param>
    /// <returns>Mono audio of <see cref="DacConfig.HopLength"/> samples per frame, in [-1, 1].</returns>
    /// <exception cref="ArgumentException">The number of codebooks is not the codec's, or a code is out of its range.</exception>
    /// <exception cref="OperationCanceledException">Decoding was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The codec was disposed of, before the call or during it.</exception>
    public AudioBuffer Decode(int[,] codes, CancellationToken cancellationToken = default)
    {
        RequireCodebooks(codes);
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
        if (frameCount == 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return;
        }

        using Activity? activity = Telemetry.Start(Telemetry.Decode)?.SetTag(Telemetry.Frames, frameCount);
        long start = Stopwatch.GetTimestamp();
        TakeTurn(cancellationToken);
        try
        {
            _handle.Decode(codes, frames, firstFrame, frameCount, destination[..(frameCount * Config.HopLength)], cancellationToken);
        }
        catch (Exception exception) when (IsEndOfCodec(exception))
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

    /// <summary>
    /// Writes codes with what they belong to. The file appears under its name only when it is complete; an existing one is replaced.
    /// docs/voice-format.md describes it.
    /// </summary>
    /// <param name="codes">Codes of this codec, [frames, codebooks].</param>
    /// <param name="path">Where to write, usually with the ending <c>.safetensors</c>; the folder must exist.</param>
    /// <exception cref="ArgumentException">The number of codebooks is not the codec's, or a code is out of its range.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public void SaveCodes(int[,] codes, string path)
    {
        RequireCodes(codes);
        CodesFile.Of(this, codes, transcript: null).Save(path);
    }

    /// <summary>Reads codes that <see cref="SaveCodes"/> wrote, or those of a <see cref="Voice"/>.</summary>
    /// <param name="path">The file.</param>
    /// <returns>Codes, [frames, codebooks].</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file holds no codes, or is damaged; the message names it.</exception>
    /// <exception cref="VoiceException">The codes belong to another codec.</exception>
    public int[,] LoadCodes(string path)
    {
        ModelPath.RequireFile(path, "a file with codes");
        using FileStream stream = File.OpenRead(path);
        CodesFile file = CodesFile.ReadAsync(stream, path, async: false, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        file.RequireCodec(this, $"'{path}'");
        RequireCodes(file.Codes);
        return file.Codes;
    }

    /// <summary>Frees the codec. May be called twice; a call that runs is stopped and throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose() => _handle.ShutDown();

    /// <summary>Whether there are cores for decoding beside the steps of a generation with these options.</summary>
    internal bool FitsBeside(GenerationOptions options)
    {
        ObjectDisposedException.ThrowIf(_handle.IsShutDown, this);
        return _handle.FitsBeside(options.Threads ?? _model.Options.Threads ?? 0);
    }

    /// <exception cref="ArgumentException">The audio has another rate than the codec.</exception>
    internal void RequireRate(AudioBuffer audio)
    {
        if (audio.SampleRate != Config.SamplingRate)
        {
            throw new ArgumentException(
                $"The audio has {audio.SampleRate} Hz; the codec needs {Config.SamplingRate} Hz. " +
                $"Resample({Config.SamplingRate}) converts it.",
                nameof(audio));
        }
    }

    /// <exception cref="ArgumentException">The number of codebooks is not the codec's, or a code is out of its range.</exception>
    internal void RequireCodes(int[,] codes)
    {
        RequireCodebooks(codes);
        int outside = codes.Flat().IndexOfAnyExceptInRange(0, Config.CodebookSize - 1);
        if (outside >= 0)
        {
            throw new ArgumentException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"Frame {outside / Config.NumCodebooks}, codebook {outside % Config.NumCodebooks}: the code is {codes.Flat()[outside]}, ") +
                $"expected 0 to {Config.CodebookSize - 1}.",
                nameof(codes));
        }
    }

    /// <summary>Frames that audio is encoded into.</summary>
    internal int FramesOf(AudioBuffer audio) => (int)((audio.Length + (long)Config.HopLength - 1) / Config.HopLength);

    private void RequireCodebooks(int[,] codes)
    {
        ArgumentNullException.ThrowIfNull(codes);
        if (codes.GetLength(1) != Config.NumCodebooks)
        {
            throw new ArgumentException(
                $"The codes have {codes.GetLength(1)} codebooks; the codec has {Config.NumCodebooks}.", nameof(codes));
        }
    }

    // A codec runs one call at a time; the others wait.
    private void TakeTurn(CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_handle.IsShutDown, this);
        _turn.Wait(cancellationToken);
    }

    // A call that is stopped because the codec was disposed of says so.
    private bool IsEndOfCodec(Exception exception) => exception is OperationCanceledException or ObjectDisposedException && _handle.IsShutDown;

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
