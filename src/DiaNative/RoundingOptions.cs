using Microsoft.Extensions.Logging;

namespace DiaNative;

/// <summary>How weights that are given are rounded.</summary>
public abstract record RoundingOptions : WeightOptions
{
    private protected RoundingOptions()
    {
    }

    /// <summary>Types of single tensors; the last one that fits decides.</summary>
    /// <value>Default none. A pattern that applies to no tensor is an error.</value>
    /// <exception cref="ArgumentNullException">The value is <see langword="null"/>.</exception>
    public IReadOnlyList<TensorTypeOverride> TensorTypes
    {
        get;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            field = value;
        }
    } = [];

    /// <summary>A file of <see cref="DiaImportance"/>, which tells how much each column of a matrix matters.</summary>
    /// <value>Default <see langword="null"/>: every column matters alike.</value>
    public string? ImportancePath { get; init; }

    /// <summary>Receives the log, that of the native library included.</summary>
    /// <value>Default <see langword="null"/>: no log.</value>
    public ILoggerFactory? LoggerFactory { get; init; }
}
