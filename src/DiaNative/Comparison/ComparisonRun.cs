namespace DiaNative;

/// <summary>The work of one <see cref="DiaComparison.Compare"/>: scripts in, measurements out.</summary>
internal sealed class ComparisonRun : IDisposable
{
    private readonly DiaModel _reference;
    private readonly DiaModel _candidate;
    private readonly DiaForConditionalGeneration _referenceHead;
    private readonly DiaForConditionalGeneration _candidateHead;
    private readonly DacCodec? _referenceCodec;
    private readonly DacCodec? _candidateCodec;
    private readonly DiaProcessor _processor;
    private readonly GenerationOptions _generation;
    private readonly float _scale;
    private readonly int _topK;
    private readonly ChannelSums[] _channels;
    private readonly List<ScriptComparison> _scripts = [];
    private readonly LogitsError _logits = new();

    public ComparisonRun(DiaModel reference, DiaModel candidate, ComparisonOptions options)
    {
        _reference = reference;
        _candidate = candidate;
        _referenceHead = new DiaForConditionalGeneration(reference);
        _candidateHead = new DiaForConditionalGeneration(candidate);
        if (reference.CodecConfig is not null && reference.CodecConfig == candidate.CodecConfig)
        {
            _referenceCodec = new DacCodec(reference);
            _candidateCodec = new DacCodec(candidate);
        }

        _processor = new DiaProcessor(reference);
        _generation = options.Generation;
        _scale = _generation.GuidanceScale ?? reference.GenerationDefaults.GuidanceScale ?? 1;
        _topK = _generation.TopK ?? reference.GenerationDefaults.TopK ?? 0;
        _channels = [.. Enumerable.Range(0, reference.Config.Decoder.NumChannels).Select(_ => new ChannelSums())];
    }

    private DiaConfig Config => _reference.Config;

    public void Add(string script, int index, CancellationToken cancellationToken)
    {
        DiaInputs inputs = _processor.Process(script, cancellationToken: cancellationToken);
        DiaGeneration spoken = _referenceHead.Generate(
            inputs, _generation with { Seed = _generation.Seed ?? (ulong)index }, cancellationToken: cancellationToken);
        int[,] codes = spoken.Rows[0].Codes;
        int frames = codes.GetLength(0);
        DiaForwardInputs given = TeacherForcing.Inputs(inputs, codes, Config, UsesGuidance);
        DiaOutput expected = _referenceHead.Forward(given, cancellationToken);
        DiaOutput actual = _candidateHead.Forward(given, cancellationToken);

        var sums = new ChannelSums();
        var expectedCodes = new int[frames, _channels.Length];
        var actualCodes = new int[frames, _channels.Length];
        for (int channel = 0; channel < _channels.Length; channel++)
        {
            int delay = Config.DelayPattern[channel];
            for (int frame = 0; frame + delay < frames; frame++)
            {
                Judgement judgement = Judge(expected, actual, channel, frame + delay);
                _channels[channel].Add(judgement);
                sums.Add(judgement);
                expectedCodes[frame, channel] = judgement.Expected;
                actualCodes[frame, channel] = judgement.Actual;
            }
        }

        int heard = TeacherForcing.PredictedFrames(frames, Config);
        _scripts.Add(new ScriptComparison(
            script, frames, sums.Agreement, sums.MeanDivergence, MelDistance(expectedCodes, actualCodes, heard, cancellationToken)));
    }

    public ModelComparison Result()
    {
        ChannelSums total = new();
        foreach (ChannelSums channel in _channels)
        {
            total.Add(channel);
        }

        if (total.Positions == 0)
        {
            throw new InvalidOperationException("The limits leave no frame to compare: allow more tokens.");
        }

        ScriptComparison[] heard = [.. _scripts.Where(script => script.MelDistance is not null)];
        return new ModelComparison
        {
            Reference = _reference.Description,
            Candidate = _candidate.Description,
            ReferenceSizeInBytes = _reference.SizeInBytes,
            CandidateSizeInBytes = _candidate.SizeInBytes,
            GuidanceScale = _scale,
            Total = total.ToComparison(-1),
            Channels = [.. _channels.Select((channel, index) => channel.ToComparison(index))],
            Scripts = _scripts,
            LogitsRelativeRms = _logits.RelativeRms,
            LogitsMaxError = _logits.Max,
            MelDistance = heard.Length > 0 ? heard.Sum(script => script.MelDistance * script.Frames) / heard.Sum(script => script.Frames) : null,
        };
    }

    public void Dispose()
    {
        _referenceCodec?.Dispose();
        _candidateCodec?.Dispose();
    }

    private bool UsesGuidance => _scale != 1;

    private Judgement Judge(DiaOutput expected, DiaOutput actual, int channel, int position)
    {
        _logits.Add(expected[0, channel, position], actual[0, channel, position]);

        // Tokens that may follow: codes and, in channel 0, the end of speech.
        int allowed = Config.EosTokenId + (channel == 0 ? 1 : 0);
        Prediction right = PredictionOf(expected, channel, position, allowed);
        Prediction found = PredictionOf(actual, channel, position, allowed);
        return new Judgement(Code(right.Token), Code(found.Token), right.Token == found.Token, right.DivergenceTo(found));
    }

    private Prediction PredictionOf(DiaOutput output, int channel, int position, int allowed) => new(
        output[0, channel, position][..allowed],
        UsesGuidance ? output[1, channel, position][..allowed] : default,
        _scale,
        _topK);

    // The end of speech is no code; what is heard goes on with the next one.
    private int Code(int token) => Math.Min(token, Config.EosTokenId - 1);

    private double? MelDistance(int[,] expected, int[,] actual, int frames, CancellationToken cancellationToken)
    {
        if (_referenceCodec is null || _candidateCodec is null || frames == 0)
        {
            return null;
        }

        AudioBuffer right = _referenceCodec.Decode(TeacherForcing.First(expected, frames), cancellationToken);
        AudioBuffer found = _candidateCodec.Decode(TeacherForcing.First(actual, frames), cancellationToken);
        return new MelSpectrogram(right.SampleRate).Distance(right.Samples.Span, found.Samples.Span);
    }
}
