namespace DiaNative;

/// <summary>
/// A voice to speak in: a piece of speech as the codec's codes, and what is said in it. Immutable, thread-safe, and of no use to a model of
/// another codec.
/// </summary>
/// <remarks>
/// Five to ten seconds of clean speech make a good voice; the transcript must say exactly what is said, with <c>[S1]</c> and <c>[S2]</c> before
/// every turn. Two speakers in the audio are two voices, which the tags call by turns. docs/voices.md tells more.
/// </remarks>
/// <example>
/// <code>
/// AudioBuffer audio = AudioBuffer.Load("anna.mp3", sampleRate: 44100);
/// Voice anna = await Voice.CreateAsync(tts.Processor.Codec, audio, "[S1] I never said that, did I? It was somebody else.");
/// await anna.SaveAsync("anna.voice");
///
/// SpeechResult speech = await tts.SpeakAsync("[S1] Hello, this is me again.", anna, GenerationOptions.VoiceClone);
/// </code>
/// </example>
public sealed class Voice
{
    private readonly CodesFile _file;

    private Voice(CodesFile file, IEnumerable<VoiceWarning> warnings)
    {
        _file = file;
        Warnings = [.. warnings, .. VoiceCheck.OfTranscript(file.Transcript!, Duration.TotalSeconds)];
    }

    /// <summary>What is said, with speaker tags and without white space around it.</summary>
    public string Transcript => _file.Transcript!;

    /// <summary>The speech: [frames, codebooks]. Must not be changed.</summary>
    public int[,] Codes => _file.Codes;

    /// <summary>Frames of the speech; about 86 are a second.</summary>
    public int Frames => Codes.GetLength(0);

    /// <summary>How long the speech is.</summary>
    public TimeSpan Duration => TimeSpan.FromSeconds((double)Frames * _file.HopLength / _file.SamplingRate);

    /// <summary>Samples per second of the codec, in Hz.</summary>
    public int SamplingRate => _file.SamplingRate;

    /// <summary>The codec that made the codes: <see cref="DacCodec.Fingerprint"/>.</summary>
    public string CodecFingerprint => _file.CodecFingerprint;

    /// <summary>
    /// What makes the voice worse than it might be; empty if all is well. What concerns the audio is known only where the voice was made of
    /// it.
    /// </summary>
    public IReadOnlyList<VoiceWarning> Warnings { get; }

    /// <summary>Makes a voice of audio.</summary>
    /// <param name="codec">The codec of the model that is to speak in the voice.</param>
    /// <param name="audio">Speech at the codec's rate; at least a frame, at most what the decoder has room for, and not silent.</param>
    /// <param name="transcript">What is said, beginning with <c>[S1]</c> or <c>[S2]</c>; white space around it is left out.</param>
    /// <param name="cancellationToken">Stops encoding.</param>
    /// <returns>The voice.</returns>
    /// <exception cref="VoiceException">The audio is too short, too long or silent, or the transcript has no speaker tag.</exception>
    /// <exception cref="ArgumentException">
    /// The audio has another rate (<see cref="AudioBuffer.Resample"/> changes it), or the transcript is empty, too long, or has characters that
    /// no text may have.
    /// </exception>
    /// <exception cref="OperationCanceledException">Encoding was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The codec was disposed of, before the call or during it.</exception>
    public static Voice Create(DacCodec codec, AudioBuffer audio, string transcript, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(codec);
        ArgumentNullException.ThrowIfNull(audio);
        string said = VoiceCheck.Transcript(transcript);
        codec.RequireRate(audio);
        VoiceCheck.Audio(audio, codec.Config);
        VoiceCheck.Frames(codec.FramesOf(audio), codec.MaxPromptFrames, 1 / codec.Config.FrameRate);
        int[,] codes = codec.Encode(audio, cancellationToken);
        return new Voice(CodesFile.Of(codec, codes, said), VoiceCheck.OfAudio(audio));
    }

    /// <inheritdoc cref="Create"/>
    /// <summary>Makes a voice of audio, off the caller's thread.</summary>
    public static Task<Voice> CreateAsync(
        DacCodec codec, AudioBuffer audio, string transcript, CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Create(codec, audio, transcript, cancellationToken), cancellationToken);

    /// <summary>Makes a voice of codes that <see cref="DacCodec.Encode"/> gave, or a generation.</summary>
    /// <param name="codec">The codec that the codes belong to.</param>
    /// <param name="codes">Codes, [frames, codebooks]; they are copied.</param>
    /// <param name="transcript">What is said, beginning with <c>[S1]</c> or <c>[S2]</c>; white space around it is left out.</param>
    /// <returns>The voice.</returns>
    /// <exception cref="VoiceException">There is no frame, or so many that none is left to be spoken; or the transcript has no speaker tag.</exception>
    /// <exception cref="ArgumentException">
    /// The number of codebooks is not the codec's, a code is out of its range, or the transcript is empty, too long, or has characters that no
    /// text may have.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The codec was disposed of.</exception>
    public static Voice FromCodes(DacCodec codec, int[,] codes, string transcript)
    {
        ArgumentNullException.ThrowIfNull(codec);
        codec.RequireCodes(codes);
        string said = VoiceCheck.Transcript(transcript);
        VoiceCheck.Frames(codes.GetLength(0), codec.MaxPromptFrames, 1 / codec.Config.FrameRate);
        return new Voice(CodesFile.Of(codec, (int[,])codes.Clone(), said), []);
    }

    /// <summary>Reads a voice that <see cref="Save(string)"/> wrote. docs/voice-format.md describes the file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The voice.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The file is no voice, or damaged, or of a later version; the message names it.</exception>
    public static Voice Load(string path)
    {
        ModelPath.RequireFile(path, "a voice");
        using FileStream stream = File.OpenRead(path);
        return Read(CodesFile.ReadAsync(stream, path, async: false, CancellationToken.None).AsTask().GetAwaiter().GetResult(), path);
    }

    /// <summary>Reads a voice from a stream, to its end.</summary>
    /// <param name="stream">Where to read; stays open.</param>
    /// <returns>The voice.</returns>
    /// <exception cref="DiaFileException">What is read is no voice, or damaged, or of a later version.</exception>
    public static Voice Load(Stream stream) =>
        Read(CodesFile.ReadAsync(stream, CodesFile.StreamName, async: false, CancellationToken.None).AsTask().GetAwaiter().GetResult(), CodesFile.StreamName);

    /// <inheritdoc cref="Load(string)"/>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    public static async Task<Voice> LoadAsync(string path, CancellationToken cancellationToken = default)
    {
        ModelPath.RequireFile(path, "a voice");
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        return Read(await CodesFile.ReadAsync(stream, path, async: true, cancellationToken).ConfigureAwait(false), path);
    }

    /// <inheritdoc cref="Load(Stream)"/>
    /// <param name="stream">Where to read; stays open.</param>
    /// <param name="cancellationToken">Stops reading.</param>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    public static async Task<Voice> LoadAsync(Stream stream, CancellationToken cancellationToken = default) =>
        Read(await CodesFile.ReadAsync(stream, CodesFile.StreamName, async: true, cancellationToken).ConfigureAwait(false), CodesFile.StreamName);

    /// <summary>
    /// Writes the voice, so that a second use encodes nothing. The file appears under its name only when it is complete; an existing one is
    /// replaced.
    /// </summary>
    /// <param name="path">Where to write, usually with the ending <c>.voice</c>; the folder must exist.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file must not be written.</exception>
    public void Save(string path) => _file.Save(path);

    /// <summary>Writes the voice to a stream, which stays open.</summary>
    /// <param name="stream">Where to write.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Write(_file.ToBytes());
    }

    /// <inheritdoc cref="Save(string)"/>
    /// <param name="path">Where to write, usually with the ending <c>.voice</c>; the folder must exist.</param>
    /// <param name="cancellationToken">Stops writing; nothing is left behind then.</param>
    /// <returns>The running operation.</returns>
    public Task SaveAsync(string path, CancellationToken cancellationToken = default) =>
        AtomicFile.WriteAsync(path, async: true, stream => SaveAsync(stream, cancellationToken));

    /// <inheritdoc cref="Save(Stream)"/>
    /// <param name="stream">Where to write.</param>
    /// <param name="cancellationToken">Stops writing.</param>
    /// <returns>The running operation.</returns>
    public Task SaveAsync(Stream stream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return stream.WriteAsync(_file.ToBytes(), cancellationToken).AsTask();
    }

    /// <summary>The text that the model reads when it speaks on in this voice: what was said, a blank, what is to be said.</summary>
    internal string Before(string text) => $"{Transcript} {text}";

    /// <exception cref="VoiceException">The voice belongs to another codec, or is longer than the decoder has room for.</exception>
    internal void RequireFits(DacCodec codec)
    {
        _file.RequireCodec(codec, "The voice");
        VoiceCheck.Frames(Frames, codec.MaxPromptFrames, 1 / codec.Config.FrameRate);
    }

    private static Voice Read(CodesFile file, string name)
    {
        if (file.Transcript is null)
        {
            throw new DiaFileException(DiaErrorCode.InvalidFile, $"{name}: the file holds codes without a transcript, and so no voice.");
        }

        try
        {
            VoiceCheck.Frames(file.Codes.GetLength(0), int.MaxValue, 0);
            return new Voice(file with { Transcript = VoiceCheck.Transcript(file.Transcript) }, []);
        }
        catch (Exception exception) when (exception is VoiceException or ArgumentException)
        {
            throw new DiaFileException(DiaErrorCode.InvalidFile, $"{name}: {exception.Message}", exception);
        }
    }
}
