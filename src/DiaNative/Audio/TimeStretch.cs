using System.Numerics;
using System.Runtime.InteropServices;

namespace DiaNative;

/// <summary>
/// Makes audio longer or shorter at the same pitch, by waveform-similarity overlap-add (Verhelst and Roelands, 1993): windowed pieces
/// of the input are laid down at even distances, each taken from near its due place, from where it continues the piece before it best.
/// </summary>
/// <remarks>
/// A piece has two hops of 20 ms under a Hann window, so that the windows of neighbours add up to one. It is looked for within 10 ms on
/// each side of its due place: together one period of the deepest voice.
/// </remarks>
internal static class TimeStretch
{
    private const double HopSeconds = 0.020;

    /// <summary>Silence has no waveform to be similar to; this keeps its quotient finite.</summary>
    private const float LeastEnergy = 1e-9f;

    /// <param name="samples">Mono samples.</param>
    /// <param name="sampleRate">Samples per second.</param>
    /// <param name="factor">Above 1 for a shorter result.</param>
    /// <returns>As many samples as <paramref name="samples"/> divided by <paramref name="factor"/>.</returns>
    internal static float[] Stretch(ReadOnlySpan<float> samples, int sampleRate, double factor)
    {
        int hop = Math.Max(2, (int)Math.Round(HopSeconds * sampleRate));
        int reach = hop / 2;
        float[] window = HannWindow(2 * hop);
        float[] result = new float[(int)Math.Round(samples.Length / factor)];

        // Silence on both sides, so that every piece and every place to look lies within.
        int margin = (3 * hop) + reach;
        float[] input = new float[samples.Length + (2 * margin)];
        samples.CopyTo(input.AsSpan(margin));

        int previous = -1;
        for (int centre = 0; centre < result.Length + hop; centre += hop)
        {
            int due = margin - hop + Math.Min(samples.Length, (int)Math.Round(centre * factor));
            int start = previous < 0 ? due : BestStart(input, due, reach, previous + hop, 2 * hop);
            AddPiece(result, centre - hop, input.AsSpan(start, 2 * hop), window);
            previous = start;
        }

        return result;
    }

    // Where, near its due place, the piece begins that is most like what follows the piece before it.
    private static int BestStart(float[] input, int due, int reach, int continuation, int length)
    {
        ReadOnlySpan<float> wanted = input.AsSpan(continuation, length);
        int best = due;
        float bestSimilarity = Similarity(wanted, input.AsSpan(due, length));
        for (int start = due - reach; start <= due + reach; start++)
        {
            float similarity = Similarity(wanted, input.AsSpan(start, length));
            if (similarity > bestSimilarity)
            {
                bestSimilarity = similarity;
                best = start;
            }
        }

        return best;
    }

    // The cosine of the angle between both, but for the length of what is wanted, which is the same for every piece.
    private static float Similarity(ReadOnlySpan<float> wanted, ReadOnlySpan<float> piece) =>
        Dot(wanted, piece) / MathF.Sqrt(Dot(piece, piece) + LeastEnergy);

    private static void AddPiece(float[] result, int first, ReadOnlySpan<float> piece, float[] window)
    {
        int begin = Math.Max(0, -first);
        int end = Math.Min(piece.Length, result.Length - first);
        for (int i = begin; i < end; i++)
        {
            result[first + i] += window[i] * piece[i];
        }
    }

    private static float[] HannWindow(int length)
    {
        float[] window = new float[length];
        for (int i = 0; i < length; i++)
        {
            window[i] = (float)(0.5 - (0.5 * Math.Cos(2 * Math.PI * i / length)));
        }

        return window;
    }

    private static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        ReadOnlySpan<Vector<float>> vectorsA = MemoryMarshal.Cast<float, Vector<float>>(a);
        ReadOnlySpan<Vector<float>> vectorsB = MemoryMarshal.Cast<float, Vector<float>>(b);
        Vector<float> sums = Vector<float>.Zero;
        for (int i = 0; i < vectorsA.Length; i++)
        {
            sums += vectorsA[i] * vectorsB[i];
        }

        float sum = Vector.Sum(sums);
        for (int i = vectorsA.Length * Vector<float>.Count; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }
}
