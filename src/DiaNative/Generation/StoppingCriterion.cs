namespace DiaNative;

/// <summary>
/// Decides after every step, for every row that has not ended, whether it ends now, on the thread that generates. What is complete of
/// the row stays. An exception ends the generation and reaches its caller as it is.
/// </summary>
/// <param name="context">Where the row stands.</param>
/// <returns>Whether the row ends, with <see cref="FinishReason.StoppingCriterion"/>.</returns>
public delegate bool StoppingCriterion(StoppingContext context);
