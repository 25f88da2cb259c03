using System.Diagnostics.CodeAnalysis;

namespace DiaNative;

/// <summary>What a <see cref="DiaTextToSpeechClient"/> does where a request says nothing.</summary>
[Experimental("MEAI001")]
public sealed record DiaTextToSpeechClientOptions
{
    /// <summary>How speech is generated.</summary>
    /// <value>Default <see langword="null"/>: the model's defaults.</value>
    public GenerationOptions? Generation { get; init; }

    /// <summary>The voices that requests may ask for, by their <c>VoiceId</c>.</summary>
    /// <value>Default none.</value>
    public IReadOnlyDictionary<string, Voice> Voices { get; init; } = new Dictionary<string, Voice>();

    /// <summary>The voice of a request that asks for none; one of <see cref="Voices"/>.</summary>
    /// <value>Default <see langword="null"/>: a voice of the model's choice.</value>
    public string? DefaultVoiceId { get; init; }

    /// <summary>The name under which the model is known to requests and to traces.</summary>
    /// <value>Default <see langword="null"/>: the file's name without its extension.</value>
    public string? ModelId { get; init; }

    /// <summary>
    /// Whether a text that takes longer than about 20 seconds is cut and spoken in pieces (<see cref="DiaTextToSpeech.SpeakLongAsync"/>), so
    /// that requests may have any length.
    /// </summary>
    /// <value>Default <see langword="true"/>.</value>
    public bool SplitLongTexts { get; init; } = true;
}
