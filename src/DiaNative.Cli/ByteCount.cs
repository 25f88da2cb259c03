using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli;

/// <summary>Numbers of bytes as people write and read them.</summary>
internal static class ByteCount
{
    private static readonly (string Name, double Bytes)[] s_units =
    [
        ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9), ("B", 1),
    ];

    /// <summary>An option such as <c>--max-memory 2.5GB</c>.</summary>
    internal static Option<long?> Option(string name, string description) => new(name)
    {
        Description = $"{description}: bytes, or a number with KB, MB, GB, KiB, MiB or GiB",
        HelpName = "size",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (Parse(text) is { } value)
            {
                return value;
            }

            result.AddError($"{name} is '{text}', expected a size such as 2GB, 1536MiB or 2000000000");
            return null;
        },
    };

    /// <summary>"1.87 GB", or in smaller units what is smaller.</summary>
    internal static string Text(long bytes) => bytes switch
    {
        >= 1_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F2} GB"),
        >= 1_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:F1} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:F1} KB"),
    };

    /// <summary>"1,865,786,272".</summary>
    internal static string Exact(long bytes) => bytes.ToString("N0", CultureInfo.InvariantCulture);

    private static long? Parse(string text)
    {
        (string name, double unit) = s_units.FirstOrDefault(known => text.EndsWith(known.Name, StringComparison.OrdinalIgnoreCase), ("", 1));
        bool isNumber = double.TryParse(
            text.AsSpan(0, text.Length - name.Length).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        double bytes = Math.Floor(number * unit);
        return isNumber && bytes is >= 1 and < 1e18 ? (long)bytes : null;
    }
}
