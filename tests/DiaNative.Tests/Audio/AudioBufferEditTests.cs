namespace DiaNative.Tests.Audio;

public sealed class AudioBufferEditTests
{
    private const int Rate = 8000;

    [Fact]
    public void FromInterleaved_Stereo_IsTheAverage()
    {
        AudioBuffer audio = AudioBuffer.FromInterleaved([1f, 0f, 0.5f, 0.25f, -1f, 1f], 2, Rate);

        Assert.Equal([0.5f, 0.375f, 0f], audio.Samples.ToArray());
        Assert.Equal(Rate, audio.SampleRate);
        Assert.Equal(0, AudioBuffer.FromInterleaved([], 6, Rate).Length);
    }

    [Fact]
    public void FromInterleaved_BadArguments_Throws()
    {
        AssertThrows.Message<ArgumentException>("5 samples", () => AudioBuffer.FromInterleaved(new float[5], 2, Rate));
        AssertThrows.Message<ArgumentOutOfRangeException>("from 1 to 6, not 8", () => AudioBuffer.FromInterleaved(new float[16], 8, Rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioBuffer.FromInterleaved(new float[2], 0, Rate));
        Assert.Throws<ArgumentOutOfRangeException>(() => AudioBuffer.FromInterleaved(new float[2], 2, 0));
        AssertThrows.Message<ArgumentException>("NaN", () => AudioBuffer.FromInterleaved([0, float.NaN], 2, Rate));
    }

    [Fact]
    public void Decibels_OfFullScaleAndSilence_AreZeroAndMinusInfinity()
    {
        AudioBuffer sine = Sine(100, seconds: 1);

        Assert.Equal(0, sine.PeakDecibels, 2);
        Assert.Equal(-3.01, sine.RmsDecibels, 2);
        Assert.Equal(double.NegativeInfinity, new AudioBuffer(new float[3], Rate).PeakDecibels);
        Assert.Equal(double.NegativeInfinity, new AudioBuffer(Array.Empty<float>(), Rate).RmsDecibels);
    }

    [Fact]
    public void Resample_Tone_StaysThatTone()
    {
        AudioBuffer audio = Sine(1000, seconds: 0.5).Resample(11025);

        Assert.Equal((11025, 5513), (audio.SampleRate, audio.Length));
        Assert.Equal(1000, Frequency(audio), 0.5);
        AudioBuffer same = Sine(1000, 0.1);
        Assert.Same(same, same.Resample(Rate));
        Assert.Equal(0, new AudioBuffer(Array.Empty<float>(), Rate).Resample(16000).Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10_000_000)]
    public void Resample_OwnRateOutOfRange_Throws(int rate) =>
        AssertThrows.Message<InvalidOperationException>($"{rate} Hz", () => new AudioBuffer(new float[4], rate).Resample(44100));

    [Fact]
    public void Slice_SamplesTimesAndRanges_AreTheSamePart()
    {
        AudioBuffer audio = Sine(100, seconds: 1);

        float[] expected = audio.Samples[2000..6000].ToArray();
        Assert.Equal(expected, audio.Slice(2000, 4000).Samples.ToArray());
        Assert.Equal(expected, audio[2000..6000].Samples.ToArray());
        Assert.Equal(expected, audio.Slice(TimeSpan.FromSeconds(0.25), TimeSpan.FromSeconds(0.5)).Samples.ToArray());
        Assert.Equal(audio.Samples[6000..].ToArray(), audio.Slice(TimeSpan.FromSeconds(0.75)).Samples.ToArray());
    }

    [Fact]
    public void Slice_OutsideTheAudio_Throws()
    {
        AudioBuffer audio = Sine(100, seconds: 1);

        AssertThrows.Message<ArgumentOutOfRangeException>("8000 samples of the audio", () => audio.Slice(8000, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.Slice(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.Slice(5, -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.Slice(TimeSpan.FromSeconds(1.1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.Slice(TimeSpan.FromSeconds(-1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.Slice(TimeSpan.Zero, TimeSpan.MaxValue));
    }

    [Fact]
    public void TrimSilence_KeepsTheSoundAndAMargin()
    {
        float[] samples = new float[Rate];
        samples[3000] = 0.5f;
        samples[4000] = -0.5f;
        samples[6000] = 0.0005f;
        var audio = new AudioBuffer(samples, Rate);

        Assert.Equal(1001, audio.TrimSilence(keep: TimeSpan.Zero).Length);
        Assert.Equal(1001 + (2 * 400), audio.TrimSilence().Length);
        Assert.Equal(3001, audio.TrimSilence(threshold: 0.0004f, keep: TimeSpan.Zero).Length);
        Assert.Equal(Rate, audio.TrimSilence(keep: TimeSpan.FromDays(1)).Length);
        Assert.Equal(0, new AudioBuffer(new float[10], Rate).TrimSilence().Length);
        Assert.Equal(0, audio.TrimSilence(threshold: 1).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.TrimSilence(float.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => audio.TrimSilence(keep: TimeSpan.FromSeconds(-1)));
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(1.25)]
    [InlineData(2)]
    public void ChangeSpeed_PreservingPitch_KeepsFrequencyAndLevel(double factor)
    {
        AudioBuffer audio = Sine(220, seconds: 2);

        AudioBuffer changed = audio.ChangeSpeed(factor);

        Assert.Equal((int)Math.Round(audio.Length / factor), changed.Length);
        Assert.Equal(220, Frequency(changed), 1.0);
        Assert.Equal(audio.RmsDecibels, changed.RmsDecibels, 0.3);
        Assert.InRange(changed.Peak, 0.9f, 1.1f);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.8)]
    [InlineData(2)]
    public void ChangeSpeed_LikeATape_ChangesTheFrequency(double factor)
    {
        AudioBuffer audio = Sine(220, seconds: 2);

        AudioBuffer changed = audio.ChangeSpeed(factor, preservePitch: false);

        Assert.Equal((int)Math.Ceiling(audio.Length / factor), changed.Length);
        Assert.Equal(220 * factor, Frequency(changed), 1.0);
        Assert.Equal(audio.RmsDecibels, changed.RmsDecibels, 0.1);
    }

    [Fact]
    public void ChangeSpeed_EdgeCases_AreHandled()
    {
        AudioBuffer audio = Sine(220, seconds: 0.1);

        Assert.Same(audio, audio.ChangeSpeed(1));
        Assert.Equal(0, new AudioBuffer(Array.Empty<float>(), Rate).ChangeSpeed(2).Length);
        Assert.Equal(new float[800], new AudioBuffer(new float[400], Rate).ChangeSpeed(0.5).Samples.ToArray());
        Assert.Equal(2, new AudioBuffer(new float[1], 1).ChangeSpeed(0.5).Length);
        foreach (double factor in new[] { 0, 0.09, 5.1, -1, double.NaN, double.PositiveInfinity })
        {
            AssertThrows.Message<ArgumentOutOfRangeException>("from 0.1 to 5", () => audio.ChangeSpeed(factor));
        }
    }

    private static AudioBuffer Sine(double frequency, double seconds) =>
        new(Enumerable.Range(0, (int)(seconds * Rate)).Select(i => (float)Math.Sin(2 * Math.PI * frequency * i / Rate)).ToArray(), Rate);

    // By the times between the first and the last upward crossing of zero.
    private static double Frequency(AudioBuffer audio)
    {
        ReadOnlySpan<float> samples = audio.Samples.Span;
        double first = -1;
        double last = -1;
        int periods = -1;
        for (int i = 1; i < samples.Length; i++)
        {
            if (samples[i - 1] < 0 && samples[i] >= 0)
            {
                last = i - (samples[i] / (samples[i] - samples[i - 1]));
                first = first < 0 ? last : first;
                periods++;
            }
        }

        return periods * audio.SampleRate / (last - first);
    }
}
