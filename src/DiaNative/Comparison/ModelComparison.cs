namespace DiaNative;

/// <summary>How far a model is from a reference model: what <see cref="DiaComparison"/> measures.</summary>
public sealed record ModelComparison
{
    /// <summary>The reference: its description, for example <c>Dia 1.6B f16 + DAC f16</c>.</summary>
    public required string Reference { get; init; }

    /// <summary>The candidate's description.</summary>
    public required string Candidate { get; init; }

    /// <summary>Bytes of the reference's tensors.</summary>
    public required long ReferenceSizeInBytes { get; init; }

    /// <summary>Bytes of the candidate's tensors.</summary>
    public required long CandidateSizeInBytes { get; init; }

    /// <summary>Strength of guidance; 1 for none.</summary>
    public required float GuidanceScale { get; init; }

    /// <summary>All channels together.</summary>
    public required ChannelComparison Total { get; init; }

    /// <summary>Each channel, in order.</summary>
    public required IReadOnlyList<ChannelComparison> Channels { get; init; }

    /// <summary>Each script, in order.</summary>
    public required IReadOnlyList<ScriptComparison> Scripts { get; init; }

    /// <summary>Root mean square of the logits' differences, relative to that of the reference's logits.</summary>
    public required double LogitsRelativeRms { get; init; }

    /// <summary>The largest difference of two logits.</summary>
    public required double LogitsMaxError { get; init; }

    /// <summary>Mean of <see cref="ScriptComparison.MelDistance"/> over the frames, in dB; <see langword="null"/> without codecs.</summary>
    public required double? MelDistance { get; init; }
}
