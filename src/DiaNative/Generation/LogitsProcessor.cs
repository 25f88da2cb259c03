namespace DiaNative;

/// <summary>
/// Changes the scores of one position of one row, on the thread that generates: after guidance and the rules about tokens, before
/// temperature, the rule about the special tokens and the filters of sampling. What the delay pattern or the end of speech decides is
/// decided so whatever the scores are. An exception ends the generation and reaches its caller as it is.
/// </summary>
/// <param name="context">Where the generation stands, and the scores.</param>
public delegate void LogitsProcessor(LogitsContext context);
