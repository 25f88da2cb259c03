using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>The options that say in which voice to speak.</summary>
internal sealed class VoiceArguments
{
    private readonly Option<string?> _voice = new("--voice") { Description = "Speak in the voice of this file, which 'dianative voice create' made" };
    private readonly Option<string?> _audioPrompt = new("--audio-prompt") { Description = "Speak in the voice of this sound file (WAV, FLAC, MP3)" };
    private readonly Option<string?> _audioPromptText = new("--audio-prompt-text") { Description = "What is said in the audio prompt, with [S1] and [S2]" };

    internal void AddTo(Command command)
    {
        command.Options.Add(_voice);
        command.Options.Add(_audioPrompt);
        command.Options.Add(_audioPromptText);
    }

    /// <exception cref="UsageException">The options exclude each other, or one lacks the other.</exception>
    internal VoiceSource? Source(ParseResult parsed)
    {
        string? voice = parsed.GetValue(_voice);
        string? audio = parsed.GetValue(_audioPrompt);
        string? text = parsed.GetValue(_audioPromptText);
        if (voice is not null && (audio is not null || text is not null))
        {
            throw new UsageException($"{_voice.Name} and {_audioPrompt.Name} exclude each other");
        }

        return (voice, audio, text) switch
        {
            (not null, _, _) => VoiceSource.FromFile(voice),
            (_, not null, not null) => VoiceSource.FromAudio(audio, text),
            (_, not null, null) => throw new UsageException($"{_audioPrompt.Name} needs {_audioPromptText.Name}: what is said in it"),
            (_, null, not null) => throw new UsageException($"{_audioPromptText.Name} needs {_audioPrompt.Name}: the sound in which it is said"),
            _ => null,
        };
    }
}
