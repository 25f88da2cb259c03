namespace DiaNative;

/// <summary>The memory that speaking takes on a device, in bytes, when every position up to the limits is spoken.</summary>
/// <param name="Device">Name of the device: "CPU", with what the process holds, or that of a GPU.</param>
/// <param name="WeightsAreMapped">
/// Whether <paramref name="Weights"/> are the mapped file, which processes share and the system may drop and read again.
/// </param>
/// <param name="Weights">Weights in use. Those of DAC's encoder count with an audio prompt, and where they are not mapped.</param>
/// <param name="SelfCache">Keys and values of self-attention.</param>
/// <param name="CrossCache">Keys and values of cross-attention, which conditional rows alone have.</param>
/// <param name="Encoder">Buffers of the text encoder, which are free again when the prefill begins.</param>
/// <param name="Prefill">Buffers of the decoder's run over the prefix, which are free again when the steps begin.</param>
/// <param name="Step">Buffers of a step.</param>
/// <param name="Codec">A window of DAC, and what its threads compute in.</param>
/// <param name="Audio">The samples.</param>
/// <param name="Other">Logits and tokens.</param>
/// <param name="Process">
/// What the process holds beside the native library, .NET with it, as far as the system tells: at this moment, or for a loaded model when
/// its loading began.
/// </param>
/// <param name="Total">
/// At the peak of the first speech, if a generation is over before its audio is decoded, as it is with
/// <see cref="DiaTextToSpeech.SpeakAsync(string, GenerationOptions?, IProgress{GenerationProgress}?, CancellationToken)"/> where the
/// generation has all cores. Not all is there at a time.
/// </param>
/// <param name="TotalStreaming">
/// At the peak of any speech, if audio is decoded while it is spoken, as it is where cores are left for that: what counts for
/// <see cref="DiaModelOptions.MaxMemory"/>.
/// </param>
public sealed record DeviceMemory(
    string Device,
    bool WeightsAreMapped,
    long Weights,
    long SelfCache,
    long CrossCache,
    long Encoder,
    long Prefill,
    long Step,
    long Codec,
    long Audio,
    long Other,
    long Process,
    long Total,
    long TotalStreaming);
