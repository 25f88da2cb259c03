namespace DiaNative;

/// <summary>What a generation does when its token is cancelled after it has begun.</summary>
public enum CancellationBehavior
{
    /// <summary>It throws an <see cref="OperationCanceledException"/>, and what was generated is lost.</summary>
    Throw,

    /// <summary>
    /// It returns what was generated so far, with <see cref="FinishReason.Cancelled"/>; speech is then decoded to its end. A
    /// token that is cancelled before anything has begun throws all the same.
    /// </summary>
    ReturnPartial,
}
