using Microsoft.Extensions.Logging;

namespace DiaNative;

/// <summary>What <see cref="DiaConverter"/> writes.</summary>
public sealed record ConversionOptions
{
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

    /// <summary>Receives the log, that of the native library included.</summary>
    /// <value>Default <see langword="null"/>: no log.</value>
    public ILoggerFactory? LoggerFactory { get; init; }
}
