namespace DiaNative.EndToEndTests.Support;

/// <summary>A folder of its own for one test, removed at its end.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("dianative-test-");

    internal string FullPath => _folder.FullName;

    internal string File(string name) => Path.Combine(FullPath, name);

    /// <summary>The names of everything in the folder, hidden files included.</summary>
    internal IReadOnlyList<string> Entries =>
        [.. _folder.EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0 }).Select(entry => entry.Name).Order()];

    /// <summary>Copies a folder of plain files into this one.</summary>
    /// <returns>The path of the copy.</returns>
    internal string CopyOf(string source)
    {
        string copy = File(Path.GetFileName(source));
        Directory.CreateDirectory(copy);
        foreach (string file in Directory.EnumerateFiles(source))
        {
            System.IO.File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        return copy;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
