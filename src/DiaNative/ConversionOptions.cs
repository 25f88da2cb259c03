using System.Globalization;
using System.Text;

namespace DiaNative;

/// <summary>What <see cref="DiaConverter"/> writes.</summary>
public sealed record ConversionOptions : RoundingOptions
{
    private const int MaxNameBytes = 255;

    /// <summary>What the checkpoint of Dia is.</summary>
    /// <value>Default <see cref="CheckpointFormat.Auto"/>.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is no format.</exception>
    public CheckpointFormat Format { get; init => field = OptionCheck.Defined(value); } = CheckpointFormat.Auto;

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
}
