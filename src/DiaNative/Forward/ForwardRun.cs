using DiaNative.Interop;

namespace DiaNative;

/// <summary>One pass of <see cref="DiaModel.Forward"/>: inputs to rows, rows through encoder and decoder, and into the arrays of a batch.</summary>
internal sealed class ForwardRun
{
    private readonly DiaModel _model;
    private readonly DiaForwardInputs _inputs;
    private readonly ForwardPlan _plan;
    private readonly float[,,]? _logits;
    private readonly float[][,,] _hiddenStates;
    private readonly float[][,,,]? _attentions;
    private readonly float[][,,,]? _crossAttentions;

    private ForwardRun(DiaModel model, DiaForwardInputs inputs, ForwardPlan plan, int textLength, bool withLogits)
    {
        _model = model;
        _inputs = inputs;
        _plan = plan;
        DiaDecoderConfig decoder = model.Config.Decoder;
        int layers = decoder.NumHiddenLayers;
        _logits = withLogits ? new float[plan.Count * decoder.NumChannels, plan.Length, decoder.VocabSize] : null;
        _hiddenStates = Layers(inputs.OutputHiddenStates ? layers + 1 : 1, () => new float[plan.Count, plan.Length, decoder.HiddenSize]);
        if (inputs.OutputAttentions)
        {
            int length = plan.Past + plan.Length;
            _attentions = Layers(layers, () => new float[plan.Count, decoder.NumAttentionHeads, plan.Length, length]);
            _crossAttentions = Layers(layers, () => new float[plan.Count, decoder.CrossNumAttentionHeads, plan.Length, textLength]);
        }
    }

    /// <returns>With logits, and a loss for labels, a <see cref="DiaOutput"/>.</returns>
    internal static DiaModelOutput Execute(DiaModel model, DiaForwardInputs inputs, bool withLogits, CancellationToken cancellationToken)
    {
        model.ThrowIfDisposed();
        cancellationToken.ThrowIfCancellationRequested();
        if (inputs.PastKeyValues is { } cache)
        {
            using KeyValueCache.Usage usage = cache.Enter();
            return WithTexts(model, inputs, withLogits, cancellationToken);
        }

        return WithTexts(model, inputs, withLogits, cancellationToken);
    }

    // The texts that are encoded here live as long as the call; a cache has its own share in them.
    private static DiaModelOutput WithTexts(DiaModel model, DiaForwardInputs inputs, bool withLogits, CancellationToken cancellationToken)
    {
        var plan = new ForwardPlan(model, inputs);
        List<EncodedText> encoded = [];
        try
        {
            for (int row = 0; row < plan.Count && inputs.InputIds is not null; row++)
            {
                encoded.Add(Encode(model, inputs, row, cancellationToken));
            }

            return WithCache(model, inputs, plan, inputs.EncoderOutputs ?? encoded, withLogits, cancellationToken);
        }
        finally
        {
            encoded.ForEach(text => text.Dispose());
        }
    }

    private static EncodedText Encode(DiaModel model, DiaForwardInputs inputs, int row, CancellationToken cancellationToken)
    {
        var options = new EncodeOptions
        {
            AttentionMask = inputs.AttentionMask?.Row(row).ToArray(),
            OutputHiddenStates = inputs.OutputHiddenStates,
            OutputAttentions = inputs.OutputAttentions,
        };
        return model.Encode(inputs.InputIds!.Row(row).ToArray(), options, cancellationToken);
    }

    private static DiaModelOutput WithCache(
        DiaModel model,
        DiaForwardInputs inputs,
        ForwardPlan plan,
        IReadOnlyList<EncodedText> texts,
        bool withLogits,
        CancellationToken cancellationToken)
    {
        KeyValueCache cache = inputs.PastKeyValues ?? new KeyValueCache(model, texts, model.Options.Threads ?? 0);
        bool isKept = false;
        try
        {
            var run = new ForwardRun(model, inputs, plan, cache.Rows.Max(row => row.Text.Length), withLogits);
            run.RunRows(cache, cancellationToken);
            isKept = inputs.UseCache || inputs.PastKeyValues is not null;
            return run.Collect(isKept ? cache : null, new EncodedBatch(texts));
        }
        catch (Exception exception) when (
            cache.IsDisposed
            && exception is OperationCanceledException or ObjectDisposedException
            && !cancellationToken.IsCancellationRequested)
        {
            throw new ObjectDisposedException(typeof(KeyValueCache).FullName, exception); // The call was stopped because of that.
        }
        finally
        {
            if (!isKept && inputs.PastKeyValues is null)
            {
                cache.Dispose();
            }
        }
    }

    private void RunRows(KeyValueCache cache, CancellationToken cancellationToken)
    {
        try
        {
            for (int row = 0; row < _plan.Count; row++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RunRow(cache.Rows[row], row, cancellationToken);
            }

            cache.Advance(_plan.Length);
        }
        catch
        {
            if (!cache.IsDisposed)
            {
                cache.RestoreTo(_plan.Past);
            }

            throw;
        }
    }

    private void RunRow(KeyValueCache.Row cached, int row, CancellationToken cancellationToken)
    {
        ForwardPlan.Row here = _plan.Rows[row];
        if (here.Places.Length == 0)
        {
            return;
        }

        DecoderHandle decoder = cached.Decoder;
        decoder.Run(
            here.Tokens, here.PositionIds, _logits is not null, _inputs.OutputHiddenStates, _inputs.OutputAttentions, cancellationToken);
        cached.Places.AddRange(here.Places.Select(place => _plan.Past + place));
        KeepLogits(decoder, row, here.Places);
        KeepHiddenStates(decoder, row, here.Places);
        KeepAttentions(cached, row, here.Places);
    }

    // [places, channels, vocabulary] becomes [channels, length, vocabulary].
    private void KeepLogits(DecoderHandle decoder, int row, int[] places)
    {
        if (_logits is null)
        {
            return;
        }

        int channels = _model.Config.Decoder.NumChannels;
        int vocabulary = _model.Config.Decoder.VocabSize;
        var values = new float[places.Length * channels * vocabulary];
        decoder.TryCopyLogits(values);
        for (int i = 0; i < values.Length / vocabulary; i++)
        {
            values.AsSpan(i * vocabulary, vocabulary)
                .CopyTo(_logits.Entry((row * channels) + (i % channels))[(places[i / channels] * vocabulary)..]);
        }
    }

    // The last state stands last, whether or not the others were asked for.
    private void KeepHiddenStates(DecoderHandle decoder, int row, int[] places)
    {
        int width = _model.Config.Decoder.HiddenSize;
        int first = _model.Config.Decoder.NumHiddenLayers + 1 - _hiddenStates.Length;
        var values = new float[places.Length * width];
        for (int i = 0; i < _hiddenStates.Length; i++)
        {
            decoder.TryCopyHiddenState(first + i, values);
            Spread.Rows(values, _hiddenStates[i].Entry(row), width, places);
        }
    }

    private void KeepAttentions(KeyValueCache.Row cached, int row, int[] places)
    {
        if (_attentions is null || _crossAttentions is null)
        {
            return;
        }

        int[] keys = [.. cached.Places];
        for (int layer = 0; layer < _attentions.Length; layer++)
        {
            var self = new float[_attentions[layer].GetLength(1) * places.Length * keys.Length];
            cached.Decoder.TryCopySelfAttention(layer, self);
            Put(self, _attentions[layer], row, places, keys);

            var cross = new float[_crossAttentions[layer].GetLength(1) * places.Length * cached.Text.Places.Length];
            cached.Decoder.TryCopyCrossAttention(layer, cross);
            Put(cross, _crossAttentions[layer], row, places, cached.Text.Places);
        }
    }

    private static void Put(float[] source, float[,,,] target, int row, int[] queries, int[] keys) =>
        Spread.Attention(source, target.Entry(row), target.GetLength(1), target.GetLength(2), target.GetLength(3), queries, keys);

    private DiaModelOutput Collect(KeyValueCache? cache, EncodedBatch texts)
    {
        float[,,] last = _hiddenStates[^1];
        DiaModelOutput output = _logits is null
            ? new DiaModelOutput(last) { PastKeyValues = cache }
            : new DiaOutput(last, _logits, _model.Config.Decoder.NumChannels)
            {
                PastKeyValues = cache,
                Loss = _inputs.Labels is { } labels ? CrossEntropy.Mean(_logits, labels) : null,
            };
        output.DecoderHiddenStates = _inputs.OutputHiddenStates ? _hiddenStates : null;
        output.DecoderAttentions = _attentions;
        output.CrossAttentions = _crossAttentions;
        output.EncoderLastHiddenState = texts.LastHiddenState();
        output.EncoderHiddenStates = _inputs.OutputHiddenStates ? texts.HiddenStates() : null;
        output.EncoderAttentions = _inputs.OutputAttentions ? texts.Attentions() : null;
        return output;
    }

    private static T[] Layers<T>(int count, Func<T> make) => [.. Enumerable.Range(0, count).Select(_ => make())];
}
