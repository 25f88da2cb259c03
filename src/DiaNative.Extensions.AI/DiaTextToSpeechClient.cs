using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace DiaNative;

/// <summary>
/// <see cref="DiaTextToSpeech"/> as the text-to-speech client of Microsoft.Extensions.AI, for applications that are written against that
/// abstraction. Thread-safe.
/// </summary>
/// <remarks>
/// <para>
/// Of a request's options are honoured: <c>AudioFormat</c> ("audio/wav", the default, or "audio/pcm": 16-bit, mono, little-endian),
/// <c>VoiceId</c> (one of <see cref="DiaTextToSpeechClientOptions.Voices"/>), <c>Speed</c> (from 0.1 to 5; the pitch stays), <c>Volume</c>
/// (from 0 to 1), the additional property "seed", and <c>RawRepresentationFactory</c>, which may give <see cref="GenerationOptions"/>. <c>Language</c> must be English, <c>Pitch</c> 1 and <c>ModelId</c> that of this client; else the
/// request is refused with a <see cref="NotSupportedException"/> that says so.
/// </para>
/// <para>
/// A response has the audio as one <see cref="DataContent"/>, the <see cref="SpeechResult"/> as its raw representation, and the additional
/// properties "seed", "finish_reason" and "sample_rate".
/// </para>
/// </remarks>
/// <example>
/// <code>
/// using ITextToSpeechClient client = DiaTextToSpeech.Create("dia.gguf").AsTextToSpeechClient();
/// TextToSpeechResponse response = await client.GetAudioAsync("[S1] Hello there.");
/// </code>
/// </example>
[Experimental("MEAI001")]
public sealed class DiaTextToSpeechClient : ITextToSpeechClient
{
    private const string ProviderName = "dianative";

    private static readonly TimeSpan s_longest = new ScriptSplitOptions().MaxDuration;

    private readonly DiaTextToSpeech _speech;
    private readonly DiaTextToSpeechClientOptions _options;
    private readonly TextToSpeechClientMetadata _metadata;
    private readonly string _modelId;
    private readonly bool _ownsSpeech;

    /// <summary>Creates a client.</summary>
    /// <param name="speech">What speaks.</param>
    /// <param name="options">What to do where a request says nothing; <see langword="null"/> for the defaults.</param>
    /// <param name="leaveOpen">Whether <paramref name="speech"/> stays the caller's; otherwise it is disposed of with the client.</param>
    /// <exception cref="ArgumentException">The default voice is none of the voices.</exception>
    public DiaTextToSpeechClient(DiaTextToSpeech speech, DiaTextToSpeechClientOptions? options = null, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(speech);
        _speech = speech;
        _options = options ?? new DiaTextToSpeechClientOptions();
        _ = SpeechRequestReader.Voice(options: null, _options);
        _modelId = _options.ModelId ?? Path.GetFileNameWithoutExtension(speech.Model.Path);
        _metadata = new TextToSpeechClientMetadata(ProviderName, providerUri: null, _modelId);
        _ownsSpeech = !leaveOpen;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The text is empty or holds a forbidden character, or an option is out of its range.</exception>
    /// <exception cref="NotSupportedException">The options ask for something that Dia cannot do.</exception>
    /// <exception cref="TextTooLongException">The text has more tokens than the model reads.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public async Task<TextToSpeechResponse> GetAudioAsync(
        string text, TextToSpeechOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        SpeechRequestReader.Check(options, _modelId);
        SpeechFormat format = SpeechFormat.Of(options?.AudioFormat);
        Spoken spoken = await SpeakAsync(text, options, cancellationToken).ConfigureAwait(false);
        AudioBuffer audio = WithVolume(spoken.Audio.ChangeSpeed(options?.Speed ?? 1), options?.Volume);
        return new TextToSpeechResponse([new DataContent(format.Encode(audio), format.MediaType)])
        {
            ModelId = _modelId,
            ResponseId = NewResponseId(),
            RawRepresentation = spoken.Raw,
            Usage = UsageOf(spoken.Pieces),
            AdditionalProperties = Describe(spoken.Pieces[0].Seed, spoken.Pieces[^1].FinishReason, audio.SampleRate),
        };
    }

    /// <summary>Speaks a text, and gives its audio as it comes: first updates with audio, then one that closes the session.</summary>
    /// <inheritdoc/>
    /// <remarks>
    /// The bytes of all updates, joined, are the WAV file, whose header leaves the length open, or the samples. A text that is cut
    /// (<see cref="DiaTextToSpeechClientOptions.SplitLongTexts"/>) comes by pieces of about ten seconds, any other by <see cref="AudioChunk"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">The text is empty or holds a forbidden character, or an option is out of its range.</exception>
    /// <exception cref="NotSupportedException">The options ask for something that Dia cannot do, or not while it streams: a speed.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled.</exception>
    public async IAsyncEnumerable<TextToSpeechResponseUpdate> GetStreamingAudioAsync(
        string text, TextToSpeechOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        SpeechRequestReader.Check(options, _modelId);
        SpeechRequestReader.CheckStreaming(options);
        SpeechFormat format = SpeechFormat.Of(options?.AudioFormat);
        string responseId = NewResponseId();
        StreamedPiece? last = null;
        await foreach (StreamedPiece piece in StreamAsync(text, options, cancellationToken).ConfigureAwait(false))
        {
            AudioBuffer audio = WithVolume(piece.Audio, options?.Volume);
            byte[] bytes = await format.EncodePieceAsync(audio, isFirst: last is null, cancellationToken).ConfigureAwait(false);
            last = piece;
            yield return new TextToSpeechResponseUpdate([new DataContent(bytes, format.MediaType)])
            {
                Kind = TextToSpeechResponseUpdateKind.AudioUpdating,
                ModelId = _modelId,
                ResponseId = responseId,
                RawRepresentation = piece.Raw,
            };
        }

        yield return new TextToSpeechResponseUpdate([])
        {
            Kind = TextToSpeechResponseUpdateKind.SessionClose,
            ModelId = _modelId,
            ResponseId = responseId,
            AdditionalProperties = last is null ? null : Describe(last.Seed, last.FinishReason, last.Audio.SampleRate),
        };
    }

    /// <summary>
    /// Gives the client itself, its <see cref="TextToSpeechClientMetadata"/>, or the <see cref="DiaTextToSpeech"/> and
    /// <see cref="DiaModel"/> beneath it.
    /// </summary>
    /// <inheritdoc/>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        object?[] services = [this, _metadata, _speech, _speech.Model];
        return serviceKey is null ? services.FirstOrDefault(serviceType.IsInstanceOfType) : null;
    }

    /// <summary>Disposes of what speaks, unless it stays the caller's. May be called twice.</summary>
    public void Dispose()
    {
        if (_ownsSpeech)
        {
            _speech.Dispose();
        }
    }

    private static string NewResponseId() => Guid.NewGuid().ToString("N");

    private bool IsLong(string text) => _options.SplitLongTexts && ScriptSplitter.EstimateDuration(text) > s_longest;

    private async Task<Spoken> SpeakAsync(string text, TextToSpeechOptions? options, CancellationToken cancellationToken)
    {
        GenerationOptions? generation = SpeechRequestReader.Generation(options, this, _options.Generation);
        Voice? voice = SpeechRequestReader.Voice(options, _options);
        if (IsLong(text))
        {
            LongSpeechResult speech = await _speech.SpeakLongAsync(text, voice, null, generation, cancellationToken).ConfigureAwait(false);
            return new Spoken(speech.Audio, speech.Pieces, speech);
        }

        SpeechResult result = await _speech.SpeakAsync(text, voice, generation, progress: null, cancellationToken).ConfigureAwait(false);
        return new Spoken(result.Audio, [result], result);
    }

    private IAsyncEnumerable<StreamedPiece> StreamAsync(string text, TextToSpeechOptions? options, CancellationToken cancellationToken)
    {
        GenerationOptions? generation = SpeechRequestReader.Generation(options, this, _options.Generation);
        Voice? voice = SpeechRequestReader.Voice(options, _options);
        return IsLong(text)
            ? _speech.SpeakPiecesAsync(text, voice, null, generation, cancellationToken)
                .Select(piece => new StreamedPiece(piece.Audio, piece.Seed, piece.FinishReason, piece))
            : _speech.SpeakStreamingAsync(new SpeechRequest(text) { Voice = voice }, generation, null, cancellationToken)
                .Select(chunk => new StreamedPiece(chunk.Audio, chunk.Seed, chunk.FinishReason, chunk));
    }

    private static AudioBuffer WithVolume(AudioBuffer audio, float? volume)
    {
        if (volume is null or 1)
        {
            return audio;
        }

        float[] samples = audio.Samples.ToArray();
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] *= volume.Value;
        }

        return new AudioBuffer(samples, audio.SampleRate);
    }

    // The input is counted in tokens of text, the output in frames, of which a second has about 86.
    private UsageDetails UsageOf(IReadOnlyList<SpeechResult> pieces)
    {
        long input = pieces.Sum(piece => (long)_speech.Processor.Tokenizer.Encode(piece.Text).Length);
        long output = pieces.Sum(piece => (long)piece.Codes.GetLength(0));
        return new UsageDetails
        {
            InputTokenCount = input,
            InputTextTokenCount = input,
            OutputTokenCount = output,
            OutputAudioTokenCount = output,
            TotalTokenCount = input + output,
        };
    }

    private static AdditionalPropertiesDictionary Describe(ulong seed, FinishReason? finishReason, int sampleRate) => new()
    {
        [SpeechRequestReader.SeedProperty] = seed,
        ["finish_reason"] = finishReason?.ToString(),
        ["sample_rate"] = sampleRate,
    };

    private sealed record Spoken(AudioBuffer Audio, IReadOnlyList<SpeechResult> Pieces, object Raw);

    private sealed record StreamedPiece(AudioBuffer Audio, ulong Seed, FinishReason? FinishReason, object Raw);
}
