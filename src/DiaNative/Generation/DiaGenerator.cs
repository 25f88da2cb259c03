using System.Diagnostics;
using System.Text;
using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// Generates step by step, for who wants the frames as they come: add texts, <see cref="Prefill"/>, then <see cref="Step"/> until no
/// row is active. <see cref="DiaForConditionalGeneration"/> does all of that in one call.
/// </summary>
/// <remarks>
/// A generator serves one call at a time; a second one at the same time throws <see cref="InvalidOperationException"/>. Several
/// generators on one model run side by side.
/// </remarks>
/// <example>
/// <code>
/// using var generator = new DiaGenerator(model);
/// int row = generator.Add("[S1] Hello there.");
/// generator.Prefill();
/// while (generator.Step() > 0)
/// {
///     // generator.GetRow(row).Frames frames are complete
/// }
///
/// int[,] codes = generator.GetFrames(row);
/// </code>
/// </example>
public sealed class DiaGenerator : IDisposable
{
    private readonly GeneratorHandle _handle;
    private readonly GenerationOptions _options;
    private readonly bool _usesGuidance;
    private readonly int _channels;
    private readonly int _vocabularySize;
    private readonly Dictionary<int, FinishReason> _stopped = [];
    private readonly double _secondsPerFrame;
    private GenerationTelemetry _telemetry;
    private long _start;
    private int _rowCount;

    /// <summary>Creates a generator.</summary>
    /// <param name="model">The model; the generator keeps what it needs of it.</param>
    /// <param name="options">
    /// How to generate; <see langword="null"/> for the model's defaults. <see cref="GenerationOptions.RowSeeds"/> is not read: a row states
    /// its seed.
    /// </param>
    /// <exception cref="ArgumentException">The options name a token that the model does not have, or an empty sequence.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    public DiaGenerator(DiaModel model, GenerationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        model.ThrowIfDisposed();
        options ??= new GenerationOptions();
        if (options.EffectiveTemperature is > 0 and < 1)
        {
            Log.LowTemperature(model.Logger, options.EffectiveTemperature.Value);
        }

        _handle = GeneratorHandle.Create(model.Handle, options, model.Options.Threads);
        _options = options;
        _usesGuidance = (options.GuidanceScale ?? model.GenerationDefaults.GuidanceScale) != 1;
        _channels = model.Config.Decoder.NumChannels;
        _vocabularySize = model.Config.Decoder.VocabSize;
        _secondsPerFrame = model.SecondsPerFrame;
    }

    /// <summary>Rows that were added.</summary>
    public int RowCount => _rowCount;

    /// <summary>Adds a text to be spoken, before <see cref="Prefill"/>.</summary>
    /// <param name="text">
    /// The text, with speaker tags; not empty, without the bytes 0 to 2 and the literal <c>&lt;pad&gt;</c>, which alias tags.
    /// </param>
    /// <returns>Index of the row.</returns>
    /// <exception cref="ArgumentException">The text is empty or holds a forbidden byte.</exception>
    /// <exception cref="TextTooLongException">The text has more tokens than the model reads.</exception>
    /// <exception cref="InvalidOperationException">The generator has begun.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public int Add(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Added(Guarded(() => _handle.AddText(Encoding.UTF8.GetBytes(text))));
    }

    /// <summary>Adds tokens to be spoken, before <see cref="Prefill"/>.</summary>
    /// <param name="inputIds">Token ids of the text, without padding; at least one.</param>
    /// <param name="promptCodes">Codes of an audio prompt, [frames, channels], not delayed; <see langword="null"/> for none.</param>
    /// <param name="seed">Seed of this row; <see langword="null"/> for that of the options.</param>
    /// <returns>Index of the row.</returns>
    /// <exception cref="ArgumentException">
    /// There are no tokens, an id or a code is out of its range, or the prompt has another number of channels.
    /// </exception>
    /// <exception cref="TextTooLongException">There are more tokens than the model reads.</exception>
    /// <exception cref="InvalidOperationException">The generator has begun.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public int Add(ReadOnlyMemory<int> inputIds, int[,]? promptCodes = null, ulong? seed = null)
    {
        int[,] codes = CheckedPrompt(promptCodes);
        return Added(Guarded(() => _handle.Add(inputIds.Span, codes.Flat(), codes.GetLength(0), seed)));
    }

    /// <summary>
    /// Adds an encoded text to be spoken, before <see cref="Prefill"/>; the tokens are the same as from its ids. The generator keeps what it
    /// needs of it.
    /// </summary>
    /// <param name="text">The text, encoded by the generator's model.</param>
    /// <param name="promptCodes">Codes of an audio prompt, [frames, channels], not delayed; <see langword="null"/> for none.</param>
    /// <param name="seed">Seed of this row; <see langword="null"/> for that of the options.</param>
    /// <returns>Index of the row.</returns>
    /// <exception cref="ArgumentException">
    /// Another model encoded the text, a code is out of its range, or the prompt has another number of channels.
    /// </exception>
    /// <exception cref="InvalidOperationException">The generator has begun.</exception>
    /// <exception cref="ObjectDisposedException">The generator or the text was disposed of.</exception>
    public int Add(EncodedText text, int[,]? promptCodes = null, ulong? seed = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        int[,] codes = CheckedPrompt(promptCodes);
        return Added(Guarded(() => _handle.Add(text.Handle, codes.Flat(), codes.GetLength(0), seed)));
    }

    /// <summary>Tells what the rows that were added will take, before <see cref="Prefill"/> takes it.</summary>
    /// <returns>The memory, item by item, that of the model and its codec included.</returns>
    /// <exception cref="InvalidOperationException">There is no row.</exception>
    /// <exception cref="InsufficientMemoryException">The caches are larger than an address space.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public MemoryEstimate EstimateMemory() => Guarded(_handle.EstimateMemory);

    /// <summary>Encodes the texts and runs the decoder over every row's prefix.</summary>
    /// <param name="cancellationToken">Stops the call.</param>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="InvalidOperationException">There is no row, or the generator has begun.</exception>
    /// <exception cref="InsufficientMemoryException">The caches do not fit into memory.</exception>
    /// <exception cref="MemoryLimitException">More is needed than <see cref="DiaModelOptions.MaxMemory"/> allows.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of, before the call or during it.</exception>
    public void Prefill(CancellationToken cancellationToken = default) =>
        Guarded(() =>
        {
            _telemetry.Begin();
            _start = Stopwatch.GetTimestamp();
            _handle.Prefill(cancellationToken);
            return true;
        });

    /// <summary>
    /// Chooses one position of tokens for every active row, then applies <see cref="GenerationOptions.StoppingCriterion"/> and
    /// <see cref="GenerationOptions.MaxTime"/>.
    /// </summary>
    /// <param name="cancellationToken">Stops the call. What was generated can still be read then, but no further step be taken.</param>
    /// <returns>Rows that have not ended. A call without active rows does nothing.</returns>
    /// <exception cref="OperationCanceledException">The call was cancelled.</exception>
    /// <exception cref="ArgumentException">The options, or the hook, leave a channel no token to choose; the message names it.</exception>
    /// <exception cref="DiaException">The model or the hook computed a NaN or an infinity.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Prefill"/> was not called, or a call was cancelled before.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of, before the call or during it.</exception>
    public int Step(CancellationToken cancellationToken = default)
    {
        long start = Stopwatch.GetTimestamp();
        int active = Guarded(static (handle, token) => handle.Step(token), cancellationToken);
        if (active > 0 && (_options.StoppingCriterion is not null || _options.MaxTime is not null))
        {
            active = ApplyStoppingRules();
        }

        if (Telemetry.WatchesGenerations)
        {
            _telemetry.Step(start, CountFrames());
        }

        if (active == 0)
        {
            _telemetry.End(_secondsPerFrame);
        }

        return active;
    }

    /// <summary>
    /// Ends a row where it stands, between two steps, with <see cref="FinishReason.StoppingCriterion"/>. What is complete of it stays. A
    /// row that has ended stays as it is.
    /// </summary>
    /// <param name="row">Index of the row.</param>
    /// <exception cref="ArgumentException">There is no such row.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Prefill"/> was not called.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public void Stop(int row) => End(row, FinishReason.StoppingCriterion);

    /// <summary>Tells where a row stands.</summary>
    /// <param name="row">Index of the row.</param>
    /// <returns>Its state at this moment.</returns>
    /// <exception cref="ArgumentException">There is no such row.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public GenerationRowState GetRow(int row)
    {
        DiaRowState state = Guarded(static (handle, index) => handle.GetRowState(index), row);
        return checked(new GenerationRowState(
            ToFinishReason(row, state.FinishReason),
            (int)state.NTokens,
            (int)state.NPromptFrames,
            (int)state.NFrames,
            (int)state.MaxTokens,
            state.Seed));
    }

    /// <summary>Copies a row's tokens as the model sees them: delayed, the prefix included.</summary>
    /// <param name="row">Index of the row.</param>
    /// <returns>Tokens, [positions, channels].</returns>
    /// <exception cref="ArgumentException">There is no such row.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public int[,] GetTokens(int row)
    {
        var tokens = new int[GetRow(row).Tokens, _channels];
        Guarded(() =>
        {
            _handle.CopyTokens(row, tokens.Flat());
            return true;
        });
        return tokens;
    }

    /// <summary>Copies complete new frames, ready for <see cref="DacCodec"/>.</summary>
    /// <param name="row">Index of the row.</param>
    /// <param name="firstFrame">First frame to copy, counted behind the audio prompt; from 0 to the number of frames.</param>
    /// <returns>Codes, [frames, channels].</returns>
    /// <exception cref="ArgumentException">There is no such row or frame.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public int[,] GetFrames(int row, int firstFrame = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstFrame);
        int frames = GetRow(row).Frames;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstFrame, frames);
        var codes = new int[frames - firstFrame, _channels];
        Guarded(() => _handle.CopyFrames(row, firstFrame, codes.Flat()));
        return codes;
    }

    /// <summary>Copies the logits that the next position of an active row is chosen from, as the model gave them.</summary>
    /// <param name="row">Index of the row.</param>
    /// <returns>The logits; the unconditional ones are <see langword="null"/> without guidance.</returns>
    /// <exception cref="ArgumentException">There is no such row.</exception>
    /// <exception cref="InvalidOperationException"><see cref="Prefill"/> was not called, or the row has ended.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public StepLogits GetLogits(int row)
    {
        float[,] conditional = NewScores();
        float[,]? unconditional = _usesGuidance ? NewScores() : null;
        Guarded(() =>
        {
            _handle.CopyLogits(row, unconditional: false, conditional.Flat());
            if (unconditional is not null)
            {
                _handle.CopyLogits(row, unconditional: true, unconditional.Flat());
            }

            return true;
        });
        return new StepLogits(conditional, unconditional);
    }

    /// <summary>
    /// Copies the scores that the newest position of a row was chosen from, after all processors. The options must have
    /// <see cref="GenerationOptions.OutputScores"/>.
    /// </summary>
    /// <param name="row">Index of the row.</param>
    /// <returns>Scores, [channels, tokens]; <see cref="float.NegativeInfinity"/> where a token was removed.</returns>
    /// <exception cref="ArgumentException">There is no such row.</exception>
    /// <exception cref="InvalidOperationException">The scores are not kept, or the row has taken no step.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed of.</exception>
    public float[,] GetScores(int row)
    {
        float[,] scores = NewScores();
        Guarded(() =>
        {
            _handle.CopyScores(row, scores.Flat());
            return true;
        });
        return scores;
    }

    /// <summary>Frees the generator. May be called twice; a call that runs is stopped and throws <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        _telemetry.End(_secondsPerFrame);
        _handle.ShutDown();
    }

    private float[,] NewScores() => new float[_channels, _vocabularySize];

    private FinishReason? ToFinishReason(int row, DiaFinishReason reason) => reason switch
    {
        DiaFinishReason.None => null,
        DiaFinishReason.EndOfSpeech => FinishReason.EndOfSpeech,
        DiaFinishReason.Length => FinishReason.Length,
        DiaFinishReason.Stopped => _stopped[row],
        _ => throw new InvalidOperationException($"The native library states an unknown finish reason {(int)reason}."),
    };

    private void End(int row, FinishReason reason)
    {
        if (GetRow(row).FinishReason is null)
        {
            Guarded(() =>
            {
                _handle.StopRow(row);
                return true;
            });
            _stopped[row] = reason;
        }
    }

    private int CountFrames()
    {
        int frames = 0;
        for (int row = 0; row < _rowCount; row++)
        {
            frames += GetRow(row).Frames;
        }

        return frames;
    }

    // Returns the rows that go on.
    private int ApplyStoppingRules()
    {
        TimeSpan elapsed = Stopwatch.GetElapsedTime(_start);
        int active = 0;
        for (int row = 0; row < _rowCount; row++)
        {
            GenerationRowState state = GetRow(row);
            if (state.FinishReason is not null)
            {
                continue;
            }

            if (elapsed > _options.MaxTime)
            {
                End(row, FinishReason.MaxTime);
            }
            else if (_options.StoppingCriterion?.Invoke(new StoppingContext(this, row, state, elapsed)) == true)
            {
                End(row, FinishReason.StoppingCriterion);
            }
            else
            {
                active++;
            }
        }

        return active;
    }

    private int[,] CheckedPrompt(int[,]? promptCodes)
    {
        if (promptCodes is not null && promptCodes.GetLength(1) != _channels)
        {
            throw new ArgumentException(
                $"The audio prompt has {promptCodes.GetLength(1)} codes per frame; the model has {_channels} channels.", nameof(promptCodes));
        }

        return promptCodes ?? new int[0, _channels];
    }

    private int Added(int row)
    {
        _rowCount++;
        return row;
    }

    private T Guarded<T>(Func<T> call) => Guarded(static (_, inner) => inner(), call);

    // A call that fails because the generator was disposed of under it says so. What is called in every step states its argument apart, so
    // that nothing is allocated.
    private TResult Guarded<TArgument, TResult>(Func<GeneratorHandle, TArgument, TResult> call, TArgument argument)
    {
        ObjectDisposedException.ThrowIf(_handle.IsShutDown, this);
        try
        {
            return call(_handle, argument);
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException && _handle.IsShutDown)
        {
            throw new ObjectDisposedException(GetType().FullName, exception);
        }
    }
}
