using System.Diagnostics;
using System.Globalization;

namespace DiaNative;

/// <summary>One generation of <see cref="DiaForConditionalGeneration"/>: rows in, steps, rows out.</summary>
internal sealed class GenerationRun : IDisposable
{
    private readonly DiaModel _model;
    private readonly DiaInputs _inputs;
    private readonly GenerationOptions _options;
    private readonly DiaGenerator _generator;
    private readonly GenerationMeter _meter;
    private readonly int[] _leftPadding;
    private readonly GenerationRecord _record;
    private int _steps;

    public GenerationRun(DiaModel model, DiaInputs inputs, GenerationOptions options)
    {
        _model = model;
        _inputs = inputs;
        _options = options;
        _leftPadding = [.. Enumerable.Range(0, inputs.Count).Select(row => inputs.DecoderAttentionMask.Row(row).Count(0))];
        Check();
        _record = new GenerationRecord(inputs.Count, options);
        _generator = new DiaGenerator(model, options);
        _meter = new GenerationMeter(TimeProvider.System, model.SecondsPerFrame);
    }

    /// <summary>Generates to the end. <paramref name="afterStep"/> may look at the generator after every step.</summary>
    public DiaGeneration Execute(
        IProgress<GenerationProgress>? progress, CancellationToken cancellationToken, Action<DiaGenerator>? afterStep = null)
    {
        using GenerationGate.Turn turn = _model.Gate.Enter(cancellationToken);
        using Activity? activity = Telemetry.Start(Telemetry.Generate)?.SetTag(Telemetry.Rows, _inputs.Count);
        try
        {
            DiaGeneration generation = Generate(progress, afterStep, cancellationToken);
            Describe(generation, activity);
            return generation;
        }
        catch (Exception exception) when (Telemetry.Failed(activity, Telemetry.Generate, exception))
        {
            throw;
        }
    }

    public void Dispose() => _generator.Dispose();

    private DiaGeneration Generate(
        IProgress<GenerationProgress>? progress, Action<DiaGenerator>? afterStep, CancellationToken cancellationToken)
    {
        AddRows();
        bool cancelled = false;
        try
        {
            RunSteps(progress, afterStep, cancellationToken);
        }
        catch (OperationCanceledException) when (
            cancellationToken.IsCancellationRequested && _options.OnCancellation == CancellationBehavior.ReturnPartial)
        {
            cancelled = true;
            Log.GenerationCancelled(_model.Logger, _steps);
        }

        DiaGeneration generation = Collect();
        if (!cancelled)
        {
            LogFinished(generation);
        }

        return generation;
    }

    private void Describe(DiaGeneration generation, Activity? activity)
    {
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag(Telemetry.Steps, _steps)
                .SetTag(Telemetry.Frames, generation.Rows.Sum(row => row.Frames))
                .SetTag(Telemetry.FinishReasons, generation.Rows.Select(row => row.FinishReason.ToString()).ToArray())
                .SetTag(Telemetry.Seeds, generation.Rows.Select(row => row.Seed.ToString(CultureInfo.InvariantCulture)).ToArray());
        }
    }

    private void RunSteps(
        IProgress<GenerationProgress>? progress, Action<DiaGenerator>? afterStep, CancellationToken cancellationToken)
    {
        _generator.Prefill(cancellationToken);
        int maxSteps = Rows().Max(row => row.MaxTokens - row.PromptFrames - 1);
        Log.GenerationStarted(_model.Logger, _inputs.Count, maxSteps);
        int active = _inputs.Count;
        while (active > 0)
        {
            _record.BeforeStep(_generator);
            active = _generator.Step(cancellationToken);
            _steps++;
            _record.AfterStep(_generator);
            afterStep?.Invoke(_generator);
            progress?.Report(Measure(maxSteps, active));
        }
    }

    private IEnumerable<GenerationRowState> Rows() => Enumerable.Range(0, _inputs.Count).Select(_generator.GetRow);

    private GenerationProgress Measure(int maxSteps, int active)
    {
        long positions = 0;
        int frames = 0;
        foreach (GenerationRowState row in Rows())
        {
            positions += row.Tokens - row.PromptFrames - 1;
            frames += row.Frames;
        }

        return _meter.Measure(_steps, maxSteps, active, positions, frames);
    }

    private void LogFinished(DiaGeneration generation)
    {
        int frames = generation.Rows.Sum(row => row.Frames);
        TimeSpan elapsed = _meter.Elapsed;
        double factor = elapsed > TimeSpan.Zero ? frames * _model.SecondsPerFrame / elapsed.TotalSeconds : 0;
        Log.GenerationFinished(_model.Logger, frames, _steps, elapsed, factor);
    }

    private void Check()
    {
        if (_inputs.Count == 0)
        {
            throw new ArgumentException("The inputs have no row; at least one is needed.");
        }

        if (_inputs.DecoderInputIds.GetLength(2) != _model.Config.Decoder.NumChannels)
        {
            throw new ArgumentException(
                $"The decoder inputs have {_inputs.DecoderInputIds.GetLength(2)} channels; the model has {_model.Config.Decoder.NumChannels}.");
        }

        int length = _inputs.AudioPromptLength + _model.Config.MaxDelay;
        if (_inputs.DecoderInputIds.GetLength(1) != length)
        {
            throw new ArgumentException(
                $"The decoder inputs have {_inputs.DecoderInputIds.GetLength(1)} positions; a prefix of {_inputs.AudioPromptLength} needs {length}.");
        }

        int longest = _leftPadding.Max();
        if (longest >= _inputs.AudioPromptLength)
        {
            throw new ArgumentException($"A row has {longest} positions of padding in a prefix of {_inputs.AudioPromptLength}.");
        }

        if (_options.RowSeeds is { } seeds && seeds.Count != _inputs.Count)
        {
            throw new ArgumentException($"There are {seeds.Count} RowSeeds for {_inputs.Count} rows; both must be equal.");
        }
    }

    private void AddRows()
    {
        int[,,] frames = DelayPattern.Revert(_inputs.DecoderInputIds, _model.Config.DelayPattern);
        ulong? batchSeed = _options.Seed;
        for (int row = 0; row < _inputs.Count; row++)
        {
            int[,]? codes = PromptCodes(frames.Entry(row), _leftPadding[row]);
            ulong? seed = _options.RowSeeds?[row] ?? batchSeed;
            if (_inputs.EncodedTexts is { } texts)
            {
                _generator.Add(texts[row], codes, seed);
            }
            else
            {
                _generator.Add(TextIds(row), codes, seed);
            }
        }
    }

    private int[] TextIds(int row)
    {
        int[] ids = _inputs.InputIds.Row(row).ToArray();
        int[] mask = _inputs.AttentionMask.Row(row).ToArray();
        return [.. ids.Where((_, i) => mask[i] != 0)];
    }

    // The prefix is padding, a frame of BOS and the prompt.
    private int[,]? PromptCodes(ReadOnlySpan<int> frames, int leftPadding)
    {
        int channels = _model.Config.Decoder.NumChannels;
        int first = leftPadding + 1;
        int count = _inputs.AudioPromptLength - first;
        if (count == 0)
        {
            return null;
        }

        var codes = new int[count, channels];
        frames.Slice(first * channels, count * channels).CopyTo(codes.Flat());
        return codes;
    }

    private DiaGeneration Collect()
    {
        var rows = new DiaGenerationRow[_inputs.Count];
        var tokens = new int[_inputs.Count][,];
        for (int i = 0; i < rows.Length; i++)
        {
            GenerationRowState state = _generator.GetRow(i);
            rows[i] = new DiaGenerationRow(
                state.FinishReason ?? FinishReason.Cancelled,
                state.Seed,
                state.PromptFrames,
                _generator.GetFrames(i),
                _record.Scores(i),
                _record.Logits(i));
            tokens[i] = _generator.GetTokens(i);
        }

        return new DiaGeneration(InReferenceLayout(tokens), rows, _inputs.AudioPromptLength);
    }

    private int[,,] InReferenceLayout(int[][,] rows)
    {
        int channels = _model.Config.Decoder.NumChannels;
        int length = rows.Select((row, i) => _leftPadding[i] + row.GetLength(0)).Max();
        var result = new int[rows.Length, length, channels];
        for (int i = 0; i < rows.Length; i++)
        {
            Span<int> target = result.Entry(i);
            int padding = _leftPadding[i] * channels;
            target[..padding].Fill(_model.Config.BosTokenId);
            rows[i].Flat().CopyTo(target[padding..]);
            target[(padding + rows[i].Length)..].Fill(_model.Config.PadTokenId);
        }

        return result;
    }
}
