namespace DiaNative;

/// <summary>What one model predicts for one token: the distribution after guidance, and the token that greedy decoding takes.</summary>
internal readonly struct Prediction
{
    private readonly double[] _logProbabilities;

    /// <param name="conditional">Logits of the tokens that may follow.</param>
    /// <param name="unconditional">The same without the text; empty for no guidance.</param>
    /// <param name="scale">Guided logits are <c>conditional + scale * (conditional - unconditional)</c>.</param>
    /// <param name="topK">Guidance keeps so many candidates, of which the largest conditional logit wins; 0 keeps all.</param>
    public Prediction(ReadOnlySpan<float> conditional, ReadOnlySpan<float> unconditional, float scale, int topK)
    {
        var guided = new float[conditional.Length];
        for (int i = 0; i < guided.Length; i++)
        {
            guided[i] = unconditional.IsEmpty ? conditional[i] : conditional[i] + ((conditional[i] - unconditional[i]) * scale);
        }

        _logProbabilities = LogSoftmax(guided);
        Token = Choose(conditional, guided, unconditional.IsEmpty ? 0 : topK);
    }

    public int Token { get; }

    /// <summary>The Kullback-Leibler divergence from this distribution to another one, in nats.</summary>
    public double DivergenceTo(Prediction other)
    {
        double divergence = 0;
        for (int i = 0; i < _logProbabilities.Length; i++)
        {
            divergence += Math.Exp(_logProbabilities[i]) * (_logProbabilities[i] - other._logProbabilities[i]);
        }

        // Rounding may leave a little less than nothing.
        return Math.Max(0, divergence);
    }

    private static double[] LogSoftmax(float[] logits)
    {
        double largest = logits.Max();
        double logSum = Math.Log(logits.Sum(logit => Math.Exp(logit - largest)));
        return Array.ConvertAll(logits, logit => logit - largest - logSum);
    }

    private static int Choose(ReadOnlySpan<float> conditional, float[] guided, int topK)
    {
        float cut = float.NegativeInfinity;
        if (topK > 0 && topK < guided.Length)
        {
            var sorted = (float[])guided.Clone();
            Array.Sort(sorted);
            cut = sorted[^topK];
        }

        int best = -1;
        for (int i = 0; i < guided.Length; i++)
        {
            // Without a cut the guided logits decide, as they do in a model that keeps every candidate.
            float score = topK > 0 ? conditional[i] : guided[i];
            float bestScore = best < 0 ? float.NegativeInfinity : topK > 0 ? conditional[best] : guided[best];
            if (guided[i] >= cut && score > bestScore)
            {
                best = i;
            }
        }

        return best;
    }
}
