namespace DiaNative.Cli;

/// <summary>Checks of where a command is to write.</summary>
internal static class OutputFile
{
    /// <summary>What cannot be written had better be known before an hour of work than after it.</summary>
    /// <exception cref="IOException">The path is a folder, or lies in none.</exception>
    internal static void Require(string path)
    {
        if (Directory.Exists(path))
        {
            throw new IOException($"The output '{path}' is a folder.");
        }

        string folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "";
        if (!Directory.Exists(folder))
        {
            throw new DirectoryNotFoundException($"The output '{path}' cannot be written: there is no folder '{folder}'.");
        }
    }
}
