namespace DiaNative;

/// <summary>Why a row ended.</summary>
public enum FinishReason
{
    /// <summary>The model ended its speech.</summary>
    EndOfSpeech = 0,

    /// <summary>The length limit ended it.</summary>
    Length = 1,

    /// <summary>The caller's token ended it.</summary>
    Cancelled = 2,

    /// <summary><see cref="GenerationOptions.StoppingCriterion"/> or <see cref="DiaGenerator.Stop"/> ended it.</summary>
    StoppingCriterion = 3,

    /// <summary><see cref="GenerationOptions.MaxTime"/> ended it.</summary>
    MaxTime = 4,
}
