using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative.Interop;

/// <summary>A <c>dia_audio</c>: a sound file as mono samples.</summary>
internal sealed unsafe class AudioHandle : NativeHandle
{
    private AudioHandle(nint value)
        : base(value, NullLogger.Instance)
    {
    }

    /// <param name="path">The file.</param>
    /// <param name="samplingRate">Samples per second to convert to; 0 keeps those of the file.</param>
    internal static AudioHandle Load(string path, int samplingRate)
    {
        NativeLibraryResolver.EnsureLoaded();
        byte* nativePath = Utf8.Allocate(path, nameof(path));
        try
        {
            DiaAudio* audio;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_audio_load(nativePath, samplingRate, &audio));
            return new AudioHandle((nint)audio);
        }
        finally
        {
            Utf8.Free(nativePath);
        }
    }

    /// <param name="file">The bytes of the file, which are not needed afterwards.</param>
    /// <param name="samplingRate">Samples per second to convert to; 0 keeps those of the file.</param>
    internal static AudioHandle Load(ReadOnlySpan<byte> file, int samplingRate)
    {
        NativeLibraryResolver.EnsureLoaded();
        fixed (byte* bytes = file)
        {
            DiaAudio* audio;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_audio_load_memory(bytes, file.Length, samplingRate, &audio));
            return new AudioHandle((nint)audio);
        }
    }

    internal AudioBuffer ToBuffer()
    {
        using var lease = new HandleLease(this);
        var audio = (DiaAudio*)lease.Pointer;
        int count = checked((int)NativeMethods.dia_audio_sample_count(audio));
        float[] samples = new ReadOnlySpan<float>(NativeMethods.dia_audio_samples(audio), count).ToArray();
        return new AudioBuffer(samples, NativeMethods.dia_audio_sampling_rate(audio));
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_audio_free((DiaAudio*)handle);
        return true;
    }
}
