namespace DiaNative;

/// <summary>What <see cref="DiaTextToSpeech"/> spoke.</summary>
public sealed class SpeechResult
{
    internal SpeechResult(string text, int[,] codes, AudioBuffer audio, FinishReason finishReason, ulong seed)
    {
        Text = text;
        Codes = codes;
        Audio = audio;
        FinishReason = finishReason;
        Seed = seed;
    }

    /// <summary>The text as it was spoken: with a speaker tag at its beginning.</summary>
    public string Text { get; }

    /// <summary>The audio as codes, [frames, codebooks]: <see cref="Voice.FromCodes"/> makes a voice of them and <see cref="Text"/>.</summary>
    public int[,] Codes { get; }

    /// <summary>The audio: mono, 44.1 kHz for Dia, in [-1, 1]. Empty if the limits left no frame.</summary>
    public AudioBuffer Audio { get; }

    /// <summary>Why the speech ended.</summary>
    public FinishReason FinishReason { get; }

    /// <summary>The seed that was used, drawn or given: with <see cref="GenerationOptions.Seed"/> it makes the same speech again.</summary>
    public ulong Seed { get; }
}
