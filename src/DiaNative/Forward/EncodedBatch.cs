namespace DiaNative;

/// <summary>Encoded texts as the arrays of a batch, filled up with zeros to the longest of them.</summary>
internal sealed class EncodedBatch(IReadOnlyList<EncodedText> texts)
{
    private readonly int _length = texts.Count > 0 ? texts.Max(text => text.Length) : 0;

    /// <returns>[batch, length, width]; null without texts.</returns>
    internal float[,,]? LastHiddenState() => texts.Count > 0 ? Stack([.. texts.Select(text => text.LastHiddenState)]) : null;

    /// <returns>Null unless every text has its states.</returns>
    internal float[][,,]? HiddenStates()
    {
        IReadOnlyList<float[,]>?[] states = [.. texts.Select(text => text.HiddenStates)];
        return states.Length == 0 || states.Contains(null)
            ? null
            : [.. Enumerable.Range(0, states[0]!.Count).Select(layer => Stack([.. states.Select(row => row![layer])]))];
    }

    /// <returns>Null unless every text has its attentions.</returns>
    internal float[][,,,]? Attentions()
    {
        IReadOnlyList<float[,,]>?[] attentions = [.. texts.Select(text => text.Attentions)];
        return attentions.Length == 0 || attentions.Contains(null)
            ? null
            : [.. Enumerable.Range(0, attentions[0]!.Count).Select(layer => Stack([.. attentions.Select(row => row![layer])]))];
    }

    private float[,,] Stack(float[][,] rows)
    {
        var batch = new float[rows.Length, _length, rows[0].GetLength(1)];
        for (int row = 0; row < rows.Length; row++)
        {
            rows[row].Flat().CopyTo(batch.Entry(row));
        }

        return batch;
    }

    private float[,,,] Stack(float[][,,] rows)
    {
        int heads = rows[0].GetLength(0);
        var batch = new float[rows.Length, heads, _length, _length];
        for (int row = 0; row < rows.Length; row++)
        {
            int[] places = [.. Enumerable.Range(0, rows[row].GetLength(1))];
            Spread.Attention(rows[row].Flat(), batch.Entry(row), heads, _length, _length, places, places);
        }

        return batch;
    }
}
