namespace DiaNative.Cli;

/// <summary>Which file a user means who names a model, or none.</summary>
internal static class ModelChoice
{
    private const string PullDefault = $"'dianative pull {DiaHub.DefaultModel}' gets Dia-1.6B";

    /// <summary>The path of a file, of a pulled model of that name, or of the model that is meant without a name.</summary>
    /// <exception cref="FileNotFoundException">There is neither a file nor a model of that name.</exception>
    internal static string Resolve(string? given) =>
        given is not null ? Find(given) : DiaModels.List() is [{ Path: string newest }, ..] ? newest : Embedded();

    /// <summary>The path of a file, or of a pulled model of that name.</summary>
    /// <exception cref="FileNotFoundException">There is neither a file nor a model of that name.</exception>
    internal static string Find(string given) =>
        File.Exists(given) || Directory.Exists(given) || given.Length == 0
            ? given
            : DiaModels.Find(given)?.Path ?? throw new FileNotFoundException(
                $"There is no file '{given}', and no pulled model of that name: 'dianative models' lists them, {PullCommandFor(given)}.", given);

    private static string Embedded()
    {
        Console.Error.WriteLine($"No model is pulled, so the small demo model is used: {PullDefault}.");
        return EmbeddedModel.ModelPath;
    }

    // Whoever writes owner/name means a repository.
    private static string PullCommandFor(string given) =>
        given.Split('/') is [{ Length: > 0 } owner, { Length: > 0 } name] && owner[0] != '.' && !name.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? $"'dianative pull {given}' gets it if it is a repository"
            : PullDefault;
}
