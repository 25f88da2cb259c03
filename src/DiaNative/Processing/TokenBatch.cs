namespace DiaNative;

/// <summary>Texts as token ids, filled up to one length.</summary>
public sealed class TokenBatch
{
    internal TokenBatch(int[,] inputIds, int[,] attentionMask)
    {
        InputIds = inputIds;
        AttentionMask = attentionMask;
    }

    /// <summary>Token ids, [batch, length]; the padding is <see cref="DiaTokenizer.PadTokenId"/>.</summary>
    public int[,] InputIds { get; }

    /// <summary>1 for a token, 0 for padding, [batch, length].</summary>
    public int[,] AttentionMask { get; }

    /// <summary>Number of texts.</summary>
    public int Count => InputIds.GetLength(0);

    /// <summary>Tokens of the longest text.</summary>
    public int Length => InputIds.GetLength(1);
}
