namespace DiaNative;

/// <summary>Writes a file that appears under its name only when it is complete.</summary>
internal static class AtomicFile
{
    private const int BufferSize = 64 * 1024;

    /// <summary>
    /// Calls <paramref name="write"/> with a stream to a temporary file beside <paramref name="path"/> and gives that file its name
    /// afterwards; after an exception nothing is left behind and a file of that name is as it was.
    /// </summary>
    internal static async Task WriteAsync(string path, bool async, Func<Stream, Task> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string target = FinalTarget(path);
        if (IsDevice(target))
        {
            using FileStream device = new(target, FileMode.Open, FileAccess.Write);
            await write(device).ConfigureAwait(false);
            return;
        }

        string temporary = $"{target}.{Path.GetRandomFileName()}.tmp";
        try
        {
            FileOptions options = async ? FileOptions.Asynchronous : FileOptions.None;
            using (FileStream stream = new(temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, BufferSize, options))
            {
                await write(stream).ConfigureAwait(false);
            }

            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    // A link stays a link: the file that it points to is replaced.
    private static string FinalTarget(string path)
    {
        var file = new FileInfo(Path.GetFullPath(path));
        return file.LinkTarget is null ? file.FullName : file.ResolveLinkTarget(returnFinalTarget: true)!.FullName;
    }

    // Renaming over /dev/null or /dev/stdout would replace the device with a file. /dev/shm holds files like any folder.
    private static bool IsDevice(string path) =>
        !OperatingSystem.IsWindows() &&
        (path.StartsWith("/dev/", StringComparison.Ordinal) || path.StartsWith("/proc/", StringComparison.Ordinal)) &&
        !path.StartsWith("/dev/shm/", StringComparison.Ordinal);
}
