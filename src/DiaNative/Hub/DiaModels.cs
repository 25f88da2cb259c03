namespace DiaNative;

/// <summary>The models that <see cref="DiaHub.PullAsync"/> has made on this machine, by name.</summary>
public static class DiaModels
{
    private const string HomeVariable = "DIANATIVE_HOME";

    /// <summary>
    /// The folder that holds them: <c>models</c> in the folder that the variable <c>DIANATIVE_HOME</c> names, else in <c>dianative</c> in the
    /// user's folder for data (Linux: <c>XDG_DATA_HOME</c> or <c>~/.local/share</c>; macOS: <c>~/Library/Application Support</c>;
    /// Windows: <c>%LOCALAPPDATA%</c>).
    /// </summary>
    public static string Directory => Path.Combine(
        Environment.GetEnvironmentVariable(HomeVariable) is { Length: > 0 } home
            ? Path.GetFullPath(home)
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData), "dianative"),
        "models");

    /// <summary>Every model, the newest first.</summary>
    /// <returns>The models; none if none was pulled.</returns>
    public static IReadOnlyList<PulledModel> List()
    {
        var folder = new DirectoryInfo(Directory);
        return folder.Exists
            ? [.. folder.EnumerateFiles($"*{ModelFolder.Extension}", SearchOption.AllDirectories)
                .OrderByDescending(file => file.LastWriteTimeUtc).ThenBy(file => file.FullName, StringComparer.Ordinal)
                .Select(file => new PulledModel(NameOf(folder, file), file.FullName, file.Length, ModelFolder.ReadOrigin(file.FullName)))]
            : [];
    }

    /// <summary>
    /// Finds a model by its name (<c>nari-labs/Dia-1.6B-0626-q8_0</c>), which may lack the owner (<c>Dia-1.6B-0626-q8_0</c>), the type
    /// (<c>nari-labs/Dia-1.6B-0626</c>) or both. Where several fit, the newest is meant. Case does not matter.
    /// </summary>
    /// <param name="name">The name.</param>
    /// <returns>The model; <see langword="null"/> if there is none of that name.</returns>
    public static PulledModel? Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        IReadOnlyList<PulledModel> models = List();
        return models.FirstOrDefault(model => Same(model.Name, name)) ?? models.FirstOrDefault(model => ShortNames(model).Any(other => Same(other, name)));
    }

    /// <summary>Removes a model. What was downloaded for it stays in the hub's cache.</summary>
    /// <param name="name">Its name, as <see cref="Find"/> takes it.</param>
    /// <returns>The model that is gone.</returns>
    /// <exception cref="FileNotFoundException">There is none of that name.</exception>
    /// <exception cref="IOException">The file cannot be removed.</exception>
    public static PulledModel Remove(string name)
    {
        PulledModel model = Find(name) ?? throw new FileNotFoundException($"There is no model '{name}' in '{Directory}'.", name);
        File.Delete(model.Path);
        File.Delete(ModelFolder.OriginPath(model.Path));
        return model;
    }

    private static string NameOf(DirectoryInfo folder, FileInfo file) =>
        Path.ChangeExtension(Path.GetRelativePath(folder.FullName, file.FullName), null).Replace(Path.DirectorySeparatorChar, '/');

    private static IEnumerable<string> ShortNames(PulledModel model)
    {
        string withoutOwner = model.Name[(model.Name.LastIndexOf('/') + 1)..];
        yield return withoutOwner;
        int type = model.Name.LastIndexOf('-');
        if (type > model.Name.Length - withoutOwner.Length)
        {
            yield return model.Name[..type];
            yield return model.Name[(model.Name.Length - withoutOwner.Length)..type];
        }
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
