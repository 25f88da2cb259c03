using System.Globalization;
using Microsoft.Extensions.Options;

namespace DiaNative;

/// <summary>Tells everything that is wrong with options. Whether the file is a model is seen when it is loaded.</summary>
internal sealed class ValidateDiaNativeOptions : IValidateOptions<DiaNativeOptions>
{
    public ValidateOptionsResult Validate(string? name, DiaNativeOptions options)
    {
        string[] failures = [.. Failures(options)];
        return failures.Length > 0 ? ValidateOptionsResult.Fail(failures) : ValidateOptionsResult.Success;
    }

    private static IEnumerable<string> Failures(DiaNativeOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.ModelPath))
        {
            yield return $"{nameof(DiaNativeOptions.ModelPath)} is empty; a GGUF file is needed.";
        }
        else if (!File.Exists(options.ModelPath))
        {
            yield return $"{nameof(DiaNativeOptions.ModelPath)}: there is no file '{Path.GetFullPath(options.ModelPath)}'.";
        }

        if (options.MaxMemory < 1)
        {
            yield return NotPositive(nameof(DiaNativeOptions.MaxMemory), options.MaxMemory);
        }

        if (options.GpuLayerCount < 0)
        {
            yield return TooSmall(nameof(DiaNativeOptions.GpuLayerCount), 0, options.GpuLayerCount);
        }

        if (options.Threads < 1)
        {
            yield return NotPositive(nameof(DiaNativeOptions.Threads), options.Threads);
        }

        if (options.MaxConcurrentGenerations < 1)
        {
            yield return NotPositive(nameof(DiaNativeOptions.MaxConcurrentGenerations), options.MaxConcurrentGenerations);
        }
    }

    private static string NotPositive(string name, long? value) => TooSmall(name, 1, value);

    private static string TooSmall(string name, long least, long? value) =>
        string.Create(CultureInfo.InvariantCulture, $"{name} must be at least {least}, not {value}.");
}
