using System.Numerics;

namespace DiaNative;

/// <summary>
/// Loudness over time in 80 bands of the mel scale, from windows of 1024 samples, 256 apart: enough to tell how alike two clips sound.
/// </summary>
internal sealed class MelSpectrogram
{
    private const int Window = 1024;
    private const int Hop = 256;
    private const int Bands = 80;

    // 100 dB below full scale: what is quieter counts as silence.
    private const double Floor = 1e-10;

    private readonly double[] _hann = [.. Enumerable.Range(0, Window).Select(i => 0.5 - (0.5 * Math.Cos(2 * Math.PI * i / Window)))];
    private readonly double[][] _filters;

    public MelSpectrogram(int sampleRate) => _filters = [.. Filters(sampleRate)];

    /// <summary>Mean absolute difference of two clips of the same length, in dB; 0 for clips shorter than a window.</summary>
    public double Distance(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        int count = Math.Max(0, ((Math.Min(a.Length, b.Length) - Window) / Hop) + 1);
        double sum = 0;
        for (int i = 0; i < count; i++)
        {
            double[] left = Decibels(a.Slice(i * Hop, Window));
            double[] right = Decibels(b.Slice(i * Hop, Window));
            sum += left.Zip(right, (x, y) => Math.Abs(x - y)).Average();
        }

        return count > 0 ? sum / count : 0;
    }

    /// <summary>The bands of one window, in dB of full scale.</summary>
    internal double[] Decibels(ReadOnlySpan<float> samples)
    {
        var spectrum = new Complex[Window];
        for (int i = 0; i < Window; i++)
        {
            spectrum[i] = samples[i] * _hann[i];
        }

        Transform(spectrum);
        double full = Window / 4.0;
        double[] power = [.. spectrum.Take((Window / 2) + 1).Select(bin => bin.Magnitude * bin.Magnitude / (full * full))];
        return Array.ConvertAll(_filters, filter => 10 * Math.Log10(Math.Max(Floor, filter.Zip(power, (weight, bin) => weight * bin).Sum())));
    }

    // Triangles that overlap, evenly spaced in mel from 0 to half the sampling rate.
    private static IEnumerable<double[]> Filters(int sampleRate)
    {
        static double ToMel(double hertz) => 2595 * Math.Log10(1 + (hertz / 700));
        static double ToHertz(double mel) => 700 * (Math.Pow(10, mel / 2595) - 1);

        double[] edges = [.. Enumerable.Range(0, Bands + 2).Select(i => ToHertz(ToMel(sampleRate / 2.0) * i / (Bands + 1)))];
        for (int band = 0; band < Bands; band++)
        {
            double low = edges[band];
            double middle = edges[band + 1];
            double high = edges[band + 2];
            yield return [.. Enumerable.Range(0, (Window / 2) + 1)
                .Select(bin => (double)bin * sampleRate / Window)
                .Select(hertz => Math.Max(0, Math.Min((hertz - low) / (middle - low), (high - hertz) / (high - middle))))];
        }
    }

    // The discrete Fourier transform, by halves.
    private static void Transform(Span<Complex> values)
    {
        int half = values.Length / 2;
        if (half == 0)
        {
            return;
        }

        var even = new Complex[half];
        var odd = new Complex[half];
        for (int i = 0; i < half; i++)
        {
            even[i] = values[2 * i];
            odd[i] = values[(2 * i) + 1];
        }

        Transform(even);
        Transform(odd);
        for (int i = 0; i < half; i++)
        {
            Complex turned = Complex.FromPolarCoordinates(1, -2 * Math.PI * i / values.Length) * odd[i];
            values[i] = even[i] + turned;
            values[i + half] = even[i] - turned;
        }
    }
}
