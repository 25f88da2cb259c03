namespace DiaNative.Cli;

/// <summary>What a command writes, and checks of where.</summary>
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

    /// <summary>The same for outputs that need not be given.</summary>
    internal static void RequireGiven(params ReadOnlySpan<string?> paths)
    {
        foreach (string? path in paths)
        {
            if (path is not null)
            {
                Require(path);
            }
        }
    }

    /// <summary>Writes a text, if a path is given for it.</summary>
    internal static Task WriteGivenAsync(string? path, string text, CancellationToken cancellationToken) =>
        path is null ? Task.CompletedTask : File.WriteAllTextAsync(path, text, cancellationToken);
}
