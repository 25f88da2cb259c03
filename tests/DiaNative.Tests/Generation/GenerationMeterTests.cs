namespace DiaNative.Tests.Generation;

public sealed class GenerationMeterTests
{
    [Fact]
    public void Measure_TwoSeconds_GivesSpeedAndFactor()
    {
        var time = new ManualTime();
        var meter = new GenerationMeter(time, secondsPerFrame: 0.5);
        time.Advance(TimeSpan.FromSeconds(2));

        GenerationProgress progress = meter.Measure(step: 10, maxSteps: 20, activeRows: 1, positions: 30, frames: 6);

        Assert.Equal(new GenerationProgress(10, 20, 1, 6, TimeSpan.FromSeconds(3), 15, 1.5), progress);
        Assert.Equal(TimeSpan.FromSeconds(2), meter.Elapsed);
    }

    [Fact]
    public void Measure_NoTime_HasNoSpeed()
    {
        GenerationProgress progress = new GenerationMeter(new ManualTime(), secondsPerFrame: 1).Measure(1, 2, 1, 3, 4);

        Assert.Equal((0d, 0d), (progress.TokensPerSecond, progress.RealTimeFactor));
    }

    private sealed class ManualTime : TimeProvider
    {
        private long _timestamp;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _timestamp;

        internal void Advance(TimeSpan time) => _timestamp += time.Ticks;
    }
}
