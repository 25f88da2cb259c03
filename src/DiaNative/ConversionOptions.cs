using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace DiaNative;

/// <summary>What <see cref="DiaConverter"/> writes.</summary>
public sealed record ConversionOptions
{
    private const int MaxNameBytes = 255;

    /// <summary>What the checkpoint of Dia is.</summary>
    /// <value>Default <see cref="CheckpointFormat.Auto"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no format.</exception>
    public CheckpointFormat Format { get; init => field = OptionCheck.Defined(value); } = CheckpointFormat.Auto;

    /// <summary>Type of Dia's matrices.</summary>
    /// <value>Default <see cref="WeightType.Auto"/>: as in the checkpoint.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no type.</exception>
    public WeightType WeightType { get; init => field = OptionCheck.Defined(value); } = WeightType.Auto;

    /// <summary>Type of DAC's convolutions: <see cref="WeightType.F32"/> or <see cref="WeightType.F16"/>.</summary>
    /// <value>Default <see cref="WeightType.Auto"/>: as in the checkpoint, bfloat16 as 32-bit floats.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is another type.</exception>
    public WeightType CodecWeightType
    {
        get;
        init => field = value is WeightType.Auto or WeightType.F32 or WeightType.F16
            ? value
            : throw OptionCheck.OutOfRange(nameof(CodecWeightType), value, "Auto, F32 or F16");
    } = WeightType.Auto;

    /// <summary>Whether matrices that measure sensitive get more bits than <see cref="WeightType"/> has.</summary>
    /// <value>Default <see cref="WeightMix.None"/>. Anything else needs a type with blocks, such as <see cref="WeightType.Q4_K"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no mix.</exception>
    public WeightMix Mix { get; init => field = OptionCheck.Defined(value); } = WeightMix.None;

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

    /// <summary>CPU threads; the result does not depend on them.</summary>
    /// <value>At least 1; default <see langword="null"/>: the physical cores.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is below 1.</exception>
    public int? ThreadCount { get; init => field = OptionCheck.AtLeast(value, 1); }

    /// <summary>The name that the file states (<c>general.name</c>): 1 to 255 bytes of UTF-8.</summary>
    /// <value>Default <see langword="null"/>: the name of the model's folder.</value>
    /// <exception cref="ArgumentException">The name is empty or longer.</exception>
    public string? ModelName
    {
        get;
        init => field = value is null || Encoding.UTF8.GetByteCount(value) is >= 1 and <= MaxNameBytes
            ? value
            : throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"ModelName must have 1 to {MaxNameBytes} bytes of UTF-8, not {Encoding.UTF8.GetByteCount(value)}."),
                nameof(ModelName));
    }

    /// <summary>Receives the log, that of the native library included.</summary>
    /// <value>Default <see langword="null"/>: no log.</value>
    public ILoggerFactory? LoggerFactory { get; init; }
}
