using DiaNative.BindingsGenerator;
using DiaNative.BindingsGenerator.Check;

namespace DiaNative.BindingsTests;

/// <summary>A copy of the header and of the generated files, in which a test can change one of them.</summary>
internal sealed class ScratchRepository : IDisposable
{
    public ScratchRepository()
    {
        Layout = new RepositoryLayout(Directory.CreateTempSubdirectory("dia-bindings-").FullName);
        Directory.CreateDirectory(Path.GetDirectoryName(Layout.Header)!);
        Directory.CreateDirectory(Layout.GeneratedDirectory);
        File.Copy(Repository.Layout.Header, Layout.Header);
        foreach (string file in Directory.EnumerateFiles(Repository.Layout.GeneratedDirectory))
        {
            File.Copy(file, Path.Combine(Layout.GeneratedDirectory, Path.GetFileName(file)));
        }
    }

    public RepositoryLayout Layout { get; }

    public DriftCheck Check => new(Layout);

    /// <summary>Replaces a text that occurs exactly once.</summary>
    public static void Replace(string path, string old, string replacement)
    {
        string text = File.ReadAllText(path);
        int occurrences = text.Split(old).Length - 1;
        Assert.True(occurrences == 1, $"'{old}' occurs {occurrences} times in {path}, expected once");
        File.WriteAllText(path, text.Replace(old, replacement, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Layout.Root, recursive: true);
}
