namespace DiaNative.Cli;

/// <summary>Where a voice comes from: a voice file, or audio and what is said in it.</summary>
internal sealed record VoiceSource
{
    private readonly string _path;
    private readonly string? _transcript;

    private VoiceSource(string path, string? transcript)
    {
        _path = path;
        _transcript = transcript;
    }

    internal static VoiceSource FromFile(string path) => new(path, transcript: null);

    internal static VoiceSource FromAudio(string path, string transcript) => new(path, transcript);

    /// <summary>Reads or makes the voice, and tells on standard error what might be better about it.</summary>
    internal async Task<Voice> GetAsync(DacCodec codec, CancellationToken cancellationToken)
    {
        Voice voice = await LoadAsync(codec, cancellationToken).ConfigureAwait(false);
        foreach (VoiceWarning warning in voice.Warnings)
        {
            Console.Error.WriteLine($"dianative: {_path}: {warning.Message}");
        }

        return voice;
    }

    private async Task<Voice> LoadAsync(DacCodec codec, CancellationToken cancellationToken)
    {
        if (_transcript is null)
        {
            return await Voice.LoadAsync(_path, cancellationToken).ConfigureAwait(false);
        }

        AudioBuffer audio = await AudioBuffer.LoadAsync(_path, codec.Config.SamplingRate, cancellationToken).ConfigureAwait(false);
        return await Voice.CreateAsync(codec, audio, _transcript, cancellationToken).ConfigureAwait(false);
    }
}
