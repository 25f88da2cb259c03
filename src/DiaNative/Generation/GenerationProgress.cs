namespace DiaNative;

/// <summary>How far a generation has come. Numbers are those of all rows of the batch together, unless they say otherwise.</summary>
/// <param name="Step">Steps so far: positions of the longest row behind the prefix.</param>
/// <param name="MaxSteps">Steps at most; usually the speech ends before.</param>
/// <param name="ActiveRows">Rows that have not ended.</param>
/// <param name="Frames">Complete frames of audio.</param>
/// <param name="Duration">Audio that these frames hold.</param>
/// <param name="TokensPerSecond">Positions generated per second of time, since the beginning.</param>
/// <param name="RealTimeFactor">Seconds of audio generated per second of time, since the beginning: above 1 is faster than real time.</param>
public readonly record struct GenerationProgress(
    int Step, int MaxSteps, int ActiveRows, int Frames, TimeSpan Duration, double TokensPerSecond, double RealTimeFactor);
