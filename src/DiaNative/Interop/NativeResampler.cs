namespace DiaNative.Interop;

/// <summary>Changes sampling rates by <c>dia_resample</c>.</summary>
internal static unsafe class NativeResampler
{
    /// <summary>Least samples per second that <c>dia_resample</c> takes.</summary>
    internal const int MinRate = 1000;

    /// <summary>Most samples per second that <c>dia_resample</c> takes.</summary>
    internal const int MaxRate = 768_000;

    internal static float[] Resample(ReadOnlySpan<float> samples, int from, int to)
    {
        NativeLibraryResolver.EnsureLoaded();
        fixed (float* input = samples)
        {
            long needed;
            DiaStatus status = NativeMethods.dia_resample(input, samples.Length, from, to, null, 0, &needed);
            if (status == DiaStatus.BufferTooSmall)
            {
                float[] result = new float[checked((int)needed)];
                fixed (float* output = result)
                {
                    NativeStatus.ThrowIfFailed(NativeMethods.dia_resample(input, samples.Length, from, to, output, needed, null));
                }

                return result;
            }

            NativeStatus.ThrowIfFailed(status);
            return [];
        }
    }
}
