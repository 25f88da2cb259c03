namespace DiaNative;

/// <summary>Measures the speed of a generation.</summary>
internal sealed class GenerationMeter(TimeProvider time, double secondsPerFrame)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Elapsed => time.GetElapsedTime(_start);

    public GenerationProgress Measure(int step, int maxSteps, int activeRows, long positions, int frames)
    {
        double audioSeconds = frames * secondsPerFrame;
        double seconds = Elapsed.TotalSeconds;
        return new GenerationProgress(
            step,
            maxSteps,
            activeRows,
            frames,
            TimeSpan.FromSeconds(audioSeconds),
            seconds > 0 ? positions / seconds : 0,
            seconds > 0 ? audioSeconds / seconds : 0);
    }
}
