namespace DiaNative;

/// <summary>Checks of paths that give better exceptions than the native library can.</summary>
internal static class ModelPath
{
    internal static void RequireFile(string path, string expected = "a GGUF file")
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new IOException($"'{path}' is a folder; {expected} is expected.");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        }
    }

    internal static void RequireDirectory(string path, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(path, parameterName);
        if (!Directory.Exists(path))
        {
            throw new DirectoryNotFoundException($"There is no folder '{path}'.");
        }
    }
}
