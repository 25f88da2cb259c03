using System.Globalization;
using Xunit.Abstractions;

namespace DiaNative.ParityTests;

/// <summary>
/// The table of the parity tests: set, case, largest and mean difference, tokens equal of all. It goes to the output of the test and,
/// where the environment variable DIA_PARITY_TABLE names a file, to the end of that file.
/// </summary>
internal static class ParityTable
{
    private const string FileVariable = "DIA_PARITY_TABLE";

    private static readonly Lock s_lock = new();
    private static bool s_hasHeader;

    internal static void AddDifference(ITestOutputHelper output, GoldenSet set, string name, Difference difference, double tolerance) =>
        Add(output, set.Name, name, Number(difference.MaxAbs), Number(difference.MeanAbs), Number(tolerance), "-");

    internal static void AddTokens(ITestOutputHelper output, GoldenSet set, string name, int equal, int total) =>
        Add(output, set.Name, name, "-", "-", "-", string.Create(CultureInfo.InvariantCulture, $"{equal}/{total}"));

    private static void Add(ITestOutputHelper output, params string[] columns)
    {
        string row = Format(columns);
        output.WriteLine(row);
        string? path = Environment.GetEnvironmentVariable(FileVariable);
        if (string.IsNullOrEmpty(path))
        {
            return;
        }

        lock (s_lock)
        {
            if (!s_hasHeader)
            {
                File.AppendAllText(path, Format("set", "case", "max abs", "mean abs", "tolerance", "tokens equal") + Environment.NewLine);
                s_hasHeader = true;
            }

            File.AppendAllText(path, row + Environment.NewLine);
        }
    }

    private static string Format(params string[] columns) =>
        string.Format(CultureInfo.InvariantCulture, "{0,-12} {1,-44} {2,12} {3,12} {4,12} {5,16}", [.. columns]);

    private static string Number(double value) => value.ToString("G3", CultureInfo.InvariantCulture);
}
