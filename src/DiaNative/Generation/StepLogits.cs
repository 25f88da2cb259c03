namespace DiaNative;

/// <summary>The logits of one position as the model gave them.</summary>
/// <param name="Conditional">Of the branch that reads the text: [channels, tokens].</param>
/// <param name="Unconditional">Of the branch without the text, likewise; <see langword="null"/> without guidance.</param>
public sealed record StepLogits(float[,] Conditional, float[,]? Unconditional);
