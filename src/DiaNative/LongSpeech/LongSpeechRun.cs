using System.Runtime.CompilerServices;

namespace DiaNative;

/// <summary>Speaks the pieces of a script one after another, each with an audio prompt that keeps its speakers.</summary>
internal sealed class LongSpeechRun
{
    // A piece that takes three times as long as its text should, and some seconds, has lost its way.
    private const double MostTimesTheEstimate = 3;
    private const double SecondsOfGrace = 5;

    private static readonly TimeSpan s_promptDuration = TimeSpan.FromSeconds(10);

    private readonly DiaTextToSpeech _speech;
    private readonly LongSpeechOptions _long;
    private readonly GenerationOptions _options;
    private readonly IReadOnlyList<string> _pieces;
    private readonly SpeechContinuity _continuity;
    private Voice? _voice;

    /// <exception cref="ArgumentException">There is nothing to say.</exception>
    internal LongSpeechRun(DiaTextToSpeech speech, string text, Voice? voice, LongSpeechOptions? longOptions, GenerationOptions? options)
    {
        _speech = speech;
        _voice = voice;
        _long = longOptions ?? new LongSpeechOptions();
        _options = options ?? new GenerationOptions();
        _continuity = voice is null ? _long.Continuity : SpeechContinuity.None;
        _pieces = ScriptSplitter.Split(text, SplitOptions());
        if (_pieces.Count == 0)
        {
            throw new ArgumentException("The text has nothing to say.", nameof(text));
        }
    }

    /// <summary>Pieces in all.</summary>
    internal int PieceCount => _pieces.Count;

    internal async IAsyncEnumerable<SpeechResult> SpeakAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Log.SpeakingPieces(_speech.Model.Logger, _pieces.Count);
        for (int i = 0; i < _pieces.Count; i++)
        {
            SpeechResult? speech = await SpeakPieceAsync(_pieces[i], isFirst: i == 0, cancellationToken).ConfigureAwait(false);
            if (speech is null)
            {
                break;
            }

            yield return speech;
            if (speech.FinishReason == FinishReason.Cancelled)
            {
                break;
            }

            _voice = NextVoice(speech);
        }
    }

    // Nothing where the token is cancelled between two pieces, and what was spoken is wanted.
    private async Task<SpeechResult?> SpeakPieceAsync(string piece, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            return await _speech.SpeakAsync(piece, _voice, WithLimit(piece), progress: null, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!isFirst && _options.OnCancellation == CancellationBehavior.ReturnPartial)
        {
            return null;
        }
    }

    private ScriptSplitOptions SplitOptions() => (_long.Split, _continuity) switch
    {
        ({ } split, _) => split,
        (null, SpeechContinuity.None) => new ScriptSplitOptions { MaxTokens = TokensBehind(_voice) },
        _ => new ScriptSplitOptions { MaxTokens = _speech.Processor.Tokenizer.MaxLength / 2, MaxDuration = s_promptDuration },
    };

    // The transcript of a voice is part of every text, and a space.
    private int TokensBehind(Voice? voice)
    {
        DiaTokenizer tokenizer = _speech.Processor.Tokenizer;
        int transcript = voice is null ? 0 : tokenizer.EncodeRow(voice.Transcript).Count + 1;
        return Math.Max(ScriptSplitOptions.SmallestMaxTokens, tokenizer.MaxLength - transcript);
    }

    private GenerationOptions WithLimit(string piece) =>
        _options is { MaxDuration: null, MaxNewTokens: null, MaxLength: null }
            ? _options with
            {
                MaxDuration = TimeSpan.FromSeconds(
                    (MostTimesTheEstimate * ScriptSplitter.EstimateDuration(piece).TotalSeconds) + SecondsOfGrace),
            }
            : _options;

    // Speech that did not come to its end is no good prompt, nor is one that leaves the next piece no room; then the one before stays.
    private Voice? NextVoice(SpeechResult speech)
    {
        bool changes = _continuity == SpeechContinuity.PreviousPiece || (_continuity == SpeechContinuity.FirstPiece && _voice is null);
        int frames = speech.Codes.GetLength(0);
        bool isPrompt = speech.FinishReason == FinishReason.EndOfSpeech
            && frames > 0
            && frames <= _speech.Model.Config.Decoder.MaxPositionEmbeddings / 2
            && ScriptTurn.Parse(speech.Text)[0].Tag is not null;
        return changes && isPrompt ? Voice.FromCodes(_speech.Processor.Codec, speech.Codes, speech.Text) : _voice;
    }
}
