namespace DiaNative;

/// <summary>The loss of the reference: mean cross-entropy in nats, over the labels that count.</summary>
internal static class CrossEntropy
{
    /// <param name="logits">[rows, length, vocabulary].</param>
    /// <param name="labels">[rows, length].</param>
    /// <returns>NaN if no label counts.</returns>
    internal static double Mean(float[,,] logits, int[,] labels)
    {
        double sum = 0;
        long count = 0;
        int vocabulary = logits.GetLength(2);
        ReadOnlySpan<float> rest = logits.Flat();
        foreach (int label in labels)
        {
            if (label != DiaInputs.IgnoredLabel)
            {
                sum += Of(rest[..vocabulary], label);
                count++;
            }

            rest = rest[vocabulary..];
        }

        return sum / count;
    }

    // log(sum exp(x)) - x[label], the largest logit taken out so that nothing overflows.
    private static double Of(ReadOnlySpan<float> logits, int label)
    {
        double largest = float.NegativeInfinity;
        foreach (float logit in logits)
        {
            largest = Math.Max(largest, logit);
        }

        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp(logit - largest);
        }

        return Math.Log(sum) + largest - logits[label];
    }
}
