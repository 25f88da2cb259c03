using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// How speech is generated. What is <see langword="null"/> has the value that the model's file states
/// (<see cref="DiaModel.GenerationDefaults"/>).
/// </summary>
/// <remarks>
/// A row may grow to the smallest of the limits that are given, in positions of about 1/86 second:
/// <see cref="MaxNewTokens"/> counts the positions behind the prefix (the start and the audio prompt), <see cref="MaxLength"/> all
/// positions but the largest delay, <see cref="MaxDuration"/> the audio behind the prompt. If none is given,
/// <see cref="DiaModel.DefaultMaxLength"/> applies. The end of speech takes the last 16 positions: <c>MaxNewTokens = N</c> gives at
/// most N - 16 frames of audio, and none where N is below 17.
/// </remarks>
/// <example>
/// <code>
/// GenerationOptions options = GenerationOptions.Recommended with { Seed = 42, MaxDuration = TimeSpan.FromSeconds(20) };
/// </code>
/// </example>
public sealed record GenerationOptions
{
    private const float MaxTemperature = 100f;
    private const float MaxGuidanceScale = 100f;
    private const float MaxRepetitionPenalty = 1000f;
    private const float BelowOne = 0.99999994f; // the largest float below 1

    /// <summary>
    /// The settings that the authors of Dia recommend: temperature 1.8, top-p 0.90, top-k 45, guidance 3.
    /// </summary>
    public static GenerationOptions Recommended { get; } = new()
    {
        DoSample = true,
        Temperature = 1.8f,
        TopP = 0.90f,
        TopK = 45,
        GuidanceScale = 3f,
    };

    /// <summary><see cref="Recommended"/> with guidance 4, for speaking on in the voice of an audio prompt.</summary>
    public static GenerationOptions VoiceClone { get; } = Recommended with { GuidanceScale = 4f };

    /// <summary>Whether tokens are drawn; otherwise always the most probable one is taken.</summary>
    /// <value>Default <see langword="null"/>: the model's, usually <see langword="true"/>.</value>
    public bool? DoSample { get; init; }

    /// <summary>Divides the logits: above 1 the speech is more varied. From 0 to 100; 0 is the same as <c>DoSample = false</c>.</summary>
    /// <value>Default <see langword="null"/>: the model's, usually 1.2.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to 100.</exception>
    public float? Temperature { get; init => field = OptionCheck.Between(value, 0, MaxTemperature); }

    /// <summary>
    /// Whether a temperature between 0 and 1 is raised to 1, as the reference does; otherwise it is used as it is, with a warning in
    /// the log.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool ClampTemperature { get; init; }

    /// <summary>Candidates that guidance and drawing keep; at least 0. 0 keeps all.</summary>
    /// <value>Default <see langword="null"/>: the model's, usually 45.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? TopK { get; init => field = OptionCheck.AtLeast(value, 0); }

    /// <summary>Tokens are drawn from the smallest set whose probability reaches this; above 0, at most 1. 1 draws from all.</summary>
    /// <value>Default <see langword="null"/>: the model's, usually 0.95.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0 and at most 1.</exception>
    public float? TopP { get; init => field = OptionCheck.Between(value, float.Epsilon, 1); }

    /// <summary>
    /// How much the text leads the speech, by classifier-free guidance: from 1 to 100. 1 turns guidance off, which takes half the work.
    /// </summary>
    /// <value>Default <see langword="null"/>: the model's, usually 3.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 1 to 100.</exception>
    public float? GuidanceScale { get; init => field = OptionCheck.Between(value, 1, MaxGuidanceScale); }

    /// <summary>Most positions behind the prefix; at least 1. The remarks of this type say what that means in audio.</summary>
    /// <value>Default <see langword="null"/>: no such limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? MaxNewTokens { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Most positions in all, the prefix included, less the largest delay; at least 1.</summary>
    /// <value>Default <see langword="null"/>: no such limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? MaxLength { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>Most audio, the prompt not included; above 0 and at most one day.</summary>
    /// <value>Default <see langword="null"/>: no such limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0 and at most one day.</exception>
    public TimeSpan? MaxDuration
    {
        get;
        init => field = value is null || (value > TimeSpan.Zero && value <= TimeSpan.FromDays(1))
            ? value
            : throw OptionCheck.OutOfRange(nameof(MaxDuration), value, "above 0 and at most one day");
    }

    /// <summary>Positions behind the prefix before which the speech may not end; at least 0.</summary>
    /// <value>Default <see langword="null"/>: the model's, usually 0.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? MinNewTokens { get; init => field = OptionCheck.AtLeast(value, 0); }

    /// <summary>
    /// Seed of the random numbers. The same seed gives the same tokens for a row, whatever the threads and the rest of the batch; rows of
    /// the same text then speak the same (see <see cref="RowSeeds"/>).
    /// </summary>
    /// <value>Default <see langword="null"/>: one is drawn, and <see cref="DiaGenerationRow.Seed"/> tells it.</value>
    public ulong? Seed { get; init; }

    /// <summary>A seed for every row of a batch, instead of <see cref="Seed"/>.</summary>
    /// <value>Default <see langword="null"/>: all rows have <see cref="Seed"/>.</value>
    public IReadOnlyList<ulong>? RowSeeds { get; init; }

    /// <summary>CPU threads; at least 1.</summary>
    /// <value>Default <see langword="null"/>: those of the model's <see cref="DiaModelOptions.Threads"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? Threads { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>
    /// Type of the attention caches: <see cref="WeightType.F32"/>, <see cref="WeightType.F16"/>, or
    /// <see cref="WeightType.Q8_0"/> for a model whose heads are a multiple of 32 wide.
    /// </summary>
    /// <value>Default <see cref="WeightType.Auto"/>: 32 bit for a model of 32-bit weights, else 16 bit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is another type.</exception>
    public WeightType CacheType
    {
        get;
        init => field = value is WeightType.Auto or WeightType.F32 or WeightType.F16 or WeightType.Q8_0
            ? value
            : throw OptionCheck.OutOfRange(nameof(CacheType), value, "Auto, F32, F16 or Q8_0");
    } = WeightType.Auto;

    /// <summary>What happens when the token of a running generation is cancelled.</summary>
    /// <value>Default <see cref="CancellationBehavior.Throw"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no behaviour.</exception>
    public CancellationBehavior OnCancellation { get; init => field = OptionCheck.Defined(value); }

    /// <summary>
    /// When drawing: removes what is less probable than this times the most probable token; from 0 to 1. 0 removes nothing.
    /// </summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to 1.</exception>
    public float? MinP { get; init => field = OptionCheck.Between(value, 0, 1); }

    /// <summary>
    /// When drawing: keeps the tokens whose information is closest to the entropy, until they reach this probability; above 0, at most 1.
    /// 1 keeps all.
    /// </summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0 and at most 1.</exception>
    public float? TypicalP { get; init => field = OptionCheck.Between(value, float.Epsilon, 1); }

    /// <summary>
    /// When drawing: keeps the best tokens, of the 100 best, until they reach this part of the entropy; from 0 to 1. 0 is off.
    /// </summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not from 0 to 1.</exception>
    public float? TopH { get; init => field = OptionCheck.Between(value, 0, 1); }

    /// <summary>When drawing: removes what is less probable than this; at least 0, below 1. 0 removes nothing.</summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not at least 0 and below 1.</exception>
    public float? EpsilonCutoff { get; init => field = OptionCheck.Between(value, 0, BelowOne); }

    /// <summary>
    /// When drawing: removes what is less probable than this, or than less where the entropy is high; at least 0, below 1. 0 removes
    /// nothing.
    /// </summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not at least 0 and below 1.</exception>
    public float? EtaCutoff { get; init => field = OptionCheck.Between(value, 0, BelowOne); }

    /// <summary>
    /// Divides the positive scores of the tokens that a channel has said, and multiplies their negative ones: above 1 they come less
    /// often, below 1 more often. Above 0, at most 1000.
    /// </summary>
    /// <value>Default <see langword="null"/>: 1, which changes nothing.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0 and at most 1000.</exception>
    public float? RepetitionPenalty { get; init => field = OptionCheck.Between(value, float.Epsilon, MaxRepetitionPenalty); }

    /// <summary>No channel says a sequence of so many tokens twice; at least 0. 0 forbids nothing.</summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? NoRepeatNgramSize { get; init => field = OptionCheck.AtLeast(value, 0); }

    /// <summary>
    /// Positions in all, the prefix included, before which the speech may not end; at least 0. It may end where both this and
    /// <see cref="MinNewTokens"/> allow it.
    /// </summary>
    /// <value>Default <see langword="null"/>: no such limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int? MinLength { get; init => field = OptionCheck.AtLeast(value, 0); }

    /// <summary>Makes the end of the speech likelier with every position.</summary>
    /// <value>Default <see langword="null"/>: off.</value>
    /// <exception cref="ArgumentOutOfRangeException">The start is negative, or the factor not above 0 and finite.</exception>
    public ExponentialDecay? ExponentialDecayLengthPenalty
    {
        get;
        init => field = value is null or { Start: >= 0, Factor: > 0 and < float.PositiveInfinity }
            ? value
            : throw OptionCheck.OutOfRange(nameof(ExponentialDecayLengthPenalty), value, "a start of at least 0 and a finite factor above 0");
    }

    /// <summary>Tokens that no channel says. 1024, the end of speech, keeps the speech from ending by itself.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public IReadOnlyList<int>? SuppressTokens { get; init; }

    /// <summary>Tokens that no channel says at the first position behind the prefix.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public IReadOnlyList<int>? BeginSuppressTokens { get; init; }

    /// <summary>Sequences of tokens that no channel completes. The end of speech alone is not counted as one.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public IReadOnlyList<IReadOnlyList<int>>? BadWordsIds { get; init; }

    /// <summary>Sequences of tokens whose last one gets a bias where a channel has just said the others.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public IReadOnlyList<SequenceBias>? SequenceBias { get; init; }

    /// <summary>
    /// Whether scores become logarithms of probabilities at the end, before the end of speech is applied. That changes
    /// <see cref="DiaGenerationRow.Scores"/>, but no choice.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool RenormalizeLogits { get; init; }

    /// <summary>
    /// Most time for the whole generation, the encoding of the texts included; then every row ends after the step that runs, with
    /// <see cref="FinishReason.MaxTime"/>. Above 0.
    /// </summary>
    /// <value>Default <see langword="null"/>: no such limit.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not above 0.</exception>
    public TimeSpan? MaxTime
    {
        get;
        init => field = value is null || value > TimeSpan.Zero ? value : throw OptionCheck.OutOfRange(nameof(MaxTime), value, "above 0");
    }

    /// <summary>Changes the scores of every position.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public LogitsProcessor? LogitsProcessor { get; init; }

    /// <summary>Tells which tokens a channel may choose next; runs before <see cref="LogitsProcessor"/>.</summary>
    /// <value>Default <see langword="null"/>: all.</value>
    public PrefixAllowedTokens? PrefixAllowedTokens { get; init; }

    /// <summary>Decides after every step whether a row ends.</summary>
    /// <value>Default <see langword="null"/>: none.</value>
    public StoppingCriterion? StoppingCriterion { get; init; }

    /// <summary>
    /// Whether <see cref="DiaGenerationRow.Scores"/> holds the scores of every step, after all processors: about 37 kB per step and row.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputScores { get; init; }

    /// <summary>
    /// Whether <see cref="DiaGenerationRow.Logits"/> holds the logits of every step: about 74 kB per step and row with guidance.
    /// </summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool OutputLogits { get; init; }

    /// <summary>
    /// Reads the parameters of the reference, as <c>generation_config.json</c> states them. Absent ones and <c>null</c> stay
    /// <see langword="null"/> here. <c>max_length</c> means what it means in that file: so many positions behind the prefix, plus the
    /// largest delay.
    /// </summary>
    /// <param name="json">An object.</param>
    /// <param name="config">The architecture whose tokens are meant; <see langword="null"/> for that of Dia.</param>
    /// <returns>The options.</returns>
    /// <exception cref="NotSupportedException">A parameter asks for something that Dia lacks; the message names it, its value and the reason.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range.</exception>
    /// <exception cref="DiaConfigException">The text is no JSON object, or a value is of the wrong kind.</exception>
    public static GenerationOptions FromJson(string json, DiaConfig? config = null) =>
        GenerationConfigReader.Read(json, config ?? new DiaConfig());

    internal static GenerationOptions FromNative(in DiaGenerationParams defaults) => new()
    {
        DoSample = defaults.DoSample != 0,
        Temperature = defaults.Temperature,
        TopK = defaults.TopK,
        TopP = defaults.TopP,
        GuidanceScale = defaults.GuidanceScale,
        MinNewTokens = checked((int)defaults.MinNewTokens),
    };

    /// <summary>The temperature that is used, as far as these options state one.</summary>
    internal float? EffectiveTemperature => ClampTemperature && Temperature is > 0 and < 1 ? 1f : Temperature;

    /// <summary>Puts what is stated over the model's defaults; all but the arrays and the callbacks.</summary>
    internal DiaGenerationParams ApplyTo(DiaGenerationParams defaults, int? modelThreads)
    {
        DiaGenerationParams result = defaults;
        result.DoSample = DoSample is { } sample ? (sample ? 1 : 0) : result.DoSample;
        result.Temperature = EffectiveTemperature ?? result.Temperature;
        result.TopK = TopK ?? result.TopK;
        result.TopP = TopP ?? result.TopP;
        result.GuidanceScale = GuidanceScale ?? result.GuidanceScale;
        result.MaxNewTokens = MaxNewTokens ?? 0;
        result.MaxLength = MaxLength ?? 0;
        result.MaxSeconds = MaxDuration?.TotalSeconds ?? 0;
        result.MinNewTokens = MinNewTokens ?? result.MinNewTokens;
        result.HasSeed = Seed.HasValue ? 1 : 0;
        result.Seed = Seed.GetValueOrDefault();
        result.NThreads = Threads ?? modelThreads ?? 0;
        result.KvType = (DiaType)CacheType;
        result.MinP = MinP ?? result.MinP;
        result.TypicalP = TypicalP ?? result.TypicalP;
        result.TopH = TopH ?? result.TopH;
        result.EpsilonCutoff = EpsilonCutoff ?? result.EpsilonCutoff;
        result.EtaCutoff = EtaCutoff ?? result.EtaCutoff;
        result.RepetitionPenalty = RepetitionPenalty ?? result.RepetitionPenalty;
        result.NoRepeatNgramSize = NoRepeatNgramSize ?? result.NoRepeatNgramSize;
        result.MinLength = MinLength ?? result.MinLength;
        result.ExponentialDecayStart = ExponentialDecayLengthPenalty?.Start ?? result.ExponentialDecayStart;
        result.ExponentialDecayFactor = ExponentialDecayLengthPenalty?.Factor ?? result.ExponentialDecayFactor;
        result.RenormalizeLogits = RenormalizeLogits ? 1 : 0;
        result.KeepScores = OutputScores ? 1 : 0;
        return result;
    }
}
