using System.Globalization;

namespace DiaNative;

/// <summary>
/// The inputs of one pass, checked against the model and taken apart into rows without padding. Nothing is computed before all of them fit.
/// </summary>
internal sealed class ForwardPlan
{
    private readonly DiaConfig _config;
    private readonly DiaForwardInputs _inputs;

    /// <exception cref="ArgumentException">The inputs do not fit the model or each other.</exception>
    internal ForwardPlan(DiaModel model, DiaForwardInputs inputs)
    {
        _config = model.Config;
        _inputs = inputs;
        Count = CountRows();
        CheckTexts(model);
        Past = inputs.PastKeyValues?.Length ?? 0;
        Length = CountPositions();
        CheckShapes();
        Rows = [.. Enumerable.Range(0, Count).Select(MakeRow)];
        CheckLabels();
    }

    /// <summary>Rows of the batch.</summary>
    internal int Count { get; }

    /// <summary>Positions to run, padding included.</summary>
    internal int Length { get; }

    /// <summary>Positions of the cache, padding included.</summary>
    internal int Past { get; }

    internal IReadOnlyList<Row> Rows { get; }

    private int Channels => _config.Decoder.NumChannels;

    private int CountRows()
    {
        int count = (_inputs.InputIds, _inputs.EncoderOutputs, _inputs.PastKeyValues) switch
        {
            (not null, not null, _) => throw new ArgumentException("InputIds and EncoderOutputs are both given; one of them is expected."),
            ({ } ids, _, _) => ids.GetLength(0),
            (_, { } texts, _) => texts.Count,
            (_, _, { } cache) => cache.Count,
            _ => throw new ArgumentException(
                "You should either provide text ids or the cached text encodings: InputIds, EncoderOutputs and PastKeyValues are all null."),
        };
        return count > 0 ? count : throw new ArgumentException("The inputs have no row; at least one is needed.");
    }

    private void CheckTexts(DiaModel model)
    {
        if (_inputs.AttentionMask is { } mask)
        {
            RequireShape(nameof(_inputs.AttentionMask), Shape(mask), Count, _inputs.InputIds?.GetLength(1) ?? LongestText(mask));
        }

        for (int row = 0; row < (_inputs.EncoderOutputs?.Count ?? 0); row++)
        {
            CheckEncodedText(_inputs.EncoderOutputs![row], row, model);
        }

        if (_inputs.PastKeyValues is { } cache)
        {
            CheckCache(cache, model);
        }
    }

    private int LongestText(int[,] mask) =>
        _inputs.EncoderOutputs?.Max(text => text?.Length ?? 0) ?? _inputs.PastKeyValues?.Rows.Max(row => row.Text.Length) ?? mask.GetLength(1);

    private void CheckEncodedText(EncodedText? text, int row, DiaModel model)
    {
        if (text is null)
        {
            throw new ArgumentException(Message($"EncoderOutputs[{row}] is null."));
        }

        if (text.ModelHandle != model.Handle)
        {
            throw new ArgumentException(Message($"EncoderOutputs[{row}] was encoded by another model."));
        }

        if (_inputs.AttentionMask is { } mask
            && !MaskCheck.VisiblePlaces(mask.Row(row), Message($"Row {row} of AttentionMask")).AsSpan().SequenceEqual(text.Layout.Places))
        {
            throw new ArgumentException(Message(
                $"Row {row} of AttentionMask differs from the mask that EncoderOutputs[{row}] was encoded with."));
        }
    }

    private void CheckCache(KeyValueCache cache, DiaModel model)
    {
        if (cache.ModelHandle != model.Handle)
        {
            throw new ArgumentException("PastKeyValues was made by another model.");
        }

        if (cache.Count != Count)
        {
            throw new ArgumentException(Message($"PastKeyValues has {cache.Count} rows; the inputs have {Count}."));
        }
    }

    private int CountPositions()
    {
        if (_inputs.DecoderInputIds is not null && _inputs.FlatDecoderInputIds is not null)
        {
            throw new ArgumentException("DecoderInputIds and FlatDecoderInputIds are both given; at most one of them is expected.");
        }

        int length = _inputs.DecoderInputIds?.GetLength(1) ?? _inputs.FlatDecoderInputIds?.GetLength(1) ?? 1;
        return length > 0 ? length : throw new ArgumentException("The decoder inputs have no position; at least one is needed.");
    }

    private void CheckShapes()
    {
        if (_inputs.DecoderInputIds is { } tokens)
        {
            RequireShape(nameof(_inputs.DecoderInputIds), Shape(tokens), Count, Length, Channels);
        }

        if (_inputs.FlatDecoderInputIds is { } flat)
        {
            RequireShape(nameof(_inputs.FlatDecoderInputIds), Shape(flat), Count * Channels, Length);
        }

        if (_inputs.DecoderPositionIds is { } ids)
        {
            RequireShape(nameof(_inputs.DecoderPositionIds), Shape(ids), ids.GetLength(0) == 1 ? 1 : Count, Length);
        }

        if (_inputs.DecoderAttentionMask is { } mask)
        {
            RequireShape(nameof(_inputs.DecoderAttentionMask), Shape(mask), Count, Past + Length);
        }

        if (_inputs.Labels is { } labels)
        {
            RequireShape(nameof(_inputs.Labels), Shape(labels), Count * Channels, Length);
        }
    }

    private Row MakeRow(int row)
    {
        int[] places = Places(row);
        RequireRoom(row, places.Length);
        var tokens = new int[places.Length * Channels];
        var positionIds = new int[places.Length];
        for (int i = 0; i < places.Length; i++)
        {
            positionIds[i] = PositionId(row, places[i]);
            for (int channel = 0; channel < Channels; channel++)
            {
                tokens[(i * Channels) + channel] = Token(row, places[i], channel);
            }
        }

        return new Row(places, tokens, positionIds);
    }

    private void RequireRoom(int row, int count)
    {
        int past = _inputs.PastKeyValues?.Rows[row].Places.Count ?? 0;
        if (count > _config.MaxPositions - past)
        {
            throw new ArgumentException(Message(
                $"Row {row} has {count} positions behind the {past} of PastKeyValues; the model has {_config.MaxPositions} in all."));
        }
    }

    private int[] Places(int row)
    {
        if (_inputs.DecoderAttentionMask is not { } mask)
        {
            return [.. Enumerable.Range(0, Length)];
        }

        string name = Message($"Row {row} of DecoderAttentionMask");
        int[] all = MaskCheck.VisiblePlaces(mask.Row(row), name);
        int[] past = [.. all.TakeWhile(place => place < Past)];
        if (_inputs.PastKeyValues is { } cache && !cache.Rows[row].Places.SequenceEqual(past))
        {
            throw new ArgumentException(Message($"{name} differs, in the first {Past} columns, from what PastKeyValues was run with."));
        }

        return [.. all.Skip(past.Length).Select(place => place - Past)];
    }

    private int PositionId(int row, int place)
    {
        if (_inputs.DecoderPositionIds is not { } ids)
        {
            return Past + place;
        }

        int id = ids[ids.GetLength(0) == 1 ? 0 : row, place];
        return id >= 0
            ? id
            : throw new ArgumentException(Message($"DecoderPositionIds[{row}, {place}] is {id}; 0 or more is expected."));
    }

    private int Token(int row, int place, int channel)
    {
        (int token, string name) = (_inputs.DecoderInputIds, _inputs.FlatDecoderInputIds) switch
        {
            ({ } tokens, _) => (tokens[row, place, channel], nameof(_inputs.DecoderInputIds)),
            (_, { } flat) => (flat[(row * Channels) + channel, place], nameof(_inputs.FlatDecoderInputIds)),
            _ => (_config.BosTokenId, ""),
        };
        return token >= 0 && token < _config.Decoder.VocabSize
            ? token
            : throw new ArgumentException(Message(
                $"{name} holds {token} in row {row}, position {place}, channel {channel}; 0 to {_config.Decoder.VocabSize - 1} is expected."));
    }

    private void CheckLabels()
    {
        for (int row = 0; row < Count && _inputs.Labels is not null; row++)
        {
            var visible = new bool[Length];
            foreach (int place in Rows[row].Places)
            {
                visible[place] = true;
            }

            for (int channel = row * Channels; channel < (row + 1) * Channels; channel++)
            {
                CheckLabels(_inputs.Labels.Row(channel), channel, visible);
            }
        }
    }

    private void CheckLabels(ReadOnlySpan<int> labels, int row, bool[] visible)
    {
        for (int place = 0; place < Length; place++)
        {
            int label = labels[place];
            if (label == DiaInputs.IgnoredLabel)
            {
                continue;
            }

            if (label < 0 || label >= _config.Decoder.VocabSize)
            {
                throw new ArgumentException(Message(
                    $"Labels[{row}, {place}] is {label}; 0 to {_config.Decoder.VocabSize - 1}, or {DiaInputs.IgnoredLabel}, is expected."));
            }

            if (!visible[place])
            {
                throw new ArgumentException(Message(
                    $"Labels[{row}, {place}] is {label}, but DecoderAttentionMask hides the position; {DiaInputs.IgnoredLabel} is expected."));
            }
        }
    }

    private static int[] Shape(Array array) => [.. Enumerable.Range(0, array.Rank).Select(array.GetLength)];

    private static void RequireShape(string name, int[] actual, params int[] expected)
    {
        if (!actual.SequenceEqual(expected))
        {
            throw new ArgumentException($"{name} is [{string.Join(", ", actual)}]; [{string.Join(", ", expected)}] is expected.");
        }
    }

    private static string Message(FormattableString message) => message.ToString(CultureInfo.InvariantCulture);

    /// <summary>The positions of a row that are no padding.</summary>
    /// <param name="Places">Where they are among the positions of this pass.</param>
    /// <param name="Tokens">[places, channels].</param>
    /// <param name="PositionIds">One for each place.</param>
    internal sealed record Row(int[] Places, int[] Tokens, int[] PositionIds);
}
