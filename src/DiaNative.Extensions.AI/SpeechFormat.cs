using System.Runtime.CompilerServices;

namespace DiaNative;

/// <summary>The formats that requests may ask for: WAV, or its samples alone. Both are mono, 16 bit.</summary>
internal sealed class SpeechFormat
{
    private const string WavMediaType = "audio/wav";
    private const string PcmMediaType = "audio/pcm";

    private SpeechFormat(string mediaType) => MediaType = mediaType;

    internal static SpeechFormat Wav { get; } = new(WavMediaType);

    internal static SpeechFormat Pcm { get; } = new(PcmMediaType);

    internal string MediaType { get; }

    /// <exception cref="NotSupportedException">The format is another one.</exception>
    internal static SpeechFormat Of(string? audioFormat) => audioFormat?.ToLowerInvariant() switch
    {
        null or "wav" or WavMediaType or "audio/x-wav" or "audio/wave" => Wav,
        "pcm" or PcmMediaType => Pcm,
        _ => throw new NotSupportedException(
            $"The audio format '{audioFormat}' is not offered; '{WavMediaType}' (16-bit PCM) and '{PcmMediaType}' (its samples alone) are."),
    };

    internal byte[] Encode(AudioBuffer audio)
    {
        if (this == Pcm)
        {
            return audio.ToBytes();
        }

        using var stream = new MemoryStream();
        audio.SaveWav(stream);
        return stream.ToArray();
    }

    /// <summary>A piece of a stream. The first one of a WAV file has the header, with an open length: the pieces, joined, are the file.</summary>
    internal async ValueTask<byte[]> EncodePieceAsync(AudioBuffer audio, bool isFirst, CancellationToken cancellationToken)
    {
        if (this == Pcm || !isFirst)
        {
            return audio.ToBytes();
        }

        using var stream = new MemoryStream();
        var writer = new WavStreamWriter(stream, audio.SampleRate, leaveOpen: true);
        await using ConfiguredAsyncDisposable closing = writer.ConfigureAwait(false);
        await writer.WriteAsync(audio, cancellationToken).ConfigureAwait(false);
        return stream.ToArray();
    }
}
