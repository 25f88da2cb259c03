namespace DiaNative;

/// <summary>What <see cref="DiaHub.PullAsync"/> makes, and where.</summary>
public sealed record PullOptions
{
    /// <summary>How to reach the hub.</summary>
    public HubOptions Hub { get; init; } = new();

    /// <summary>A branch, a tag or a commit of Dia's repository.</summary>
    /// <value>Default <see cref="DiaHub.DefaultRevision"/>.</value>
    public string Revision { get; init; } = DiaHub.DefaultRevision;

    /// <summary>The repository with DAC.</summary>
    /// <value>Default <see cref="DiaHub.DefaultCodec"/>.</value>
    public string CodecRepository { get; init; } = DiaHub.DefaultCodec;

    /// <summary>A branch, a tag or a commit of DAC's repository.</summary>
    /// <value>Default <see cref="DiaHub.DefaultRevision"/>.</value>
    public string CodecRevision { get; init; } = DiaHub.DefaultRevision;

    /// <summary>What the converter writes.</summary>
    /// <value>Default: Dia's matrices in <see cref="WeightType.Q8_0"/>.</value>
    public ConversionOptions Conversion { get; init; } = new() { WeightType = WeightType.Q8_0 };

    /// <summary>The file to write; an existing one is replaced.</summary>
    /// <value>
    /// Default <see langword="null"/>: a file in <see cref="DiaModels.Directory"/> that is named after the repository and the type, where
    /// <see cref="DiaModels"/> finds it.
    /// </value>
    public string? OutputPath { get; init; }

    /// <summary>Whether to convert even if the file in <see cref="DiaModels.Directory"/> is up to date.</summary>
    /// <value>Default <see langword="false"/>.</value>
    public bool Force { get; init; }
}
