namespace DiaNative;

/// <summary>
/// One repository in the cache, as Python's <c>huggingface_hub</c> lays it out, so that each finds what the other has downloaded:
/// <code>
/// models--{owner}--{name}/blobs/{hash}                  contents
///                        /blobs/{hash}.incomplete       their beginning, as far as it has come
///                        /snapshots/{commit}/{file}     a relative link to its contents
///                        /refs/{revision}               the commit that a branch or tag meant last
/// .locks/models--{owner}--{name}/{hash}.lock            held by the process that downloads
/// </code>
/// Where links cannot be made, a snapshot holds the files themselves and <c>blobs</c> does not.
/// </summary>
internal sealed class HubCache
{
    private readonly string _folder;
    private readonly string _locks;
    private readonly bool _useLinks;

    internal HubCache(HubSettings settings, string repository)
    {
        string name = $"models--{repository.Replace("/", "--", StringComparison.Ordinal)}";
        _folder = Path.Combine(settings.CacheDirectory, name);
        _locks = Path.Combine(settings.CacheDirectory, ".locks", name);
        _useLinks = settings.Options.UseSymbolicLinks;
    }

    internal string Folder => _folder;

    internal string BlobPath(HubFile file) => Path.Combine(_folder, "blobs", file.BlobId);

    internal string IncompletePath(HubFile file) => $"{BlobPath(file)}.incomplete";

    internal string SnapshotFolder(string commit) => Path.Combine(_folder, "snapshots", commit);

    /// <summary>Whether a snapshot holds a file whole. Its contents were verified when they came.</summary>
    internal bool Holds(string commit, HubFile file) => HasSize(Path.Combine(SnapshotFolder(commit), file.Name), file.Size);

    internal bool HasBlob(HubFile file) => HasSize(BlobPath(file), file.Size);

    /// <summary>Bytes of a file that need not be downloaded any more.</summary>
    internal long BytesOf(string commit, HubFile file)
    {
        if (Holds(commit, file) || HasBlob(file))
        {
            return file.Size;
        }

        var incomplete = new FileInfo(IncompletePath(file));
        return incomplete.Exists && incomplete.Length <= file.Size ? incomplete.Length : 0;
    }

    /// <summary>Waits until no other process downloads this file.</summary>
    internal Task<FileStream> LockAsync(HubFile file, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_locks);
        Directory.CreateDirectory(Path.GetDirectoryName(BlobPath(file))!);
        return HubLock.AcquireAsync(Path.Combine(_locks, $"{file.BlobId}.lock"), cancellationToken);
    }

    /// <summary>Makes a file, whose contents are among the blobs, appear in a snapshot.</summary>
    /// <param name="commit">The snapshot.</param>
    /// <param name="file">The file.</param>
    /// <param name="isNew">Whether the contents have just come, so that no other snapshot can need them.</param>
    internal void Publish(string commit, HubFile file, bool isNew)
    {
        string folder = SnapshotFolder(commit);
        string path = Path.Combine(folder, file.Name);
        Directory.CreateDirectory(folder);
        if (Holds(commit, file))
        {
            return;
        }

        File.Delete(path);
        if (TryLink(path, Path.Combine("..", "..", "blobs", file.BlobId)))
        {
            return;
        }

        if (isNew)
        {
            File.Move(BlobPath(file), path);
        }
        else
        {
            File.Copy(BlobPath(file), path);
        }
    }

    /// <summary>Remembers the commit that a branch or tag means.</summary>
    internal async Task SetReferenceAsync(string revision, string commit)
    {
        if (revision == commit || ReadReference(revision) == commit)
        {
            return;
        }

        string path = ReferencePath(revision);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await AtomicFile.WriteAsync(path, async: true, stream => stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(commit)).AsTask()).ConfigureAwait(false);
    }

    /// <summary>The commit that a revision means as far as the cache knows.</summary>
    internal string? FindCommit(string revision) => HubFile.IsSha1(revision) ? revision : ReadReference(revision);

    private static bool HasSize(string path, long size)
    {
        var file = new FileInfo(path);
        try
        {
            return (file.ResolveLinkTarget(returnFinalTarget: true) ?? file) is FileInfo { Exists: true } target && target.Length == size;
        }
        catch (IOException)
        {
            // A link in a circle, or a broken one: no such file.
            return false;
        }
    }

    private string ReferencePath(string revision) => Path.Combine(_folder, "refs", Path.Combine(revision.Split('/')));

    private string? ReadReference(string revision)
    {
        var file = new FileInfo(ReferencePath(revision));
        const int LongestReference = 100;
        return file.Exists && file.Length < LongestReference && File.ReadAllText(file.FullName).Trim() is { } commit && HubFile.IsSha1(commit)
            ? commit
            : null;
    }

    private bool TryLink(string path, string target)
    {
        if (!_useLinks)
        {
            return false;
        }

        try
        {
            File.CreateSymbolicLink(path, target);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Two processes may make the same link; else this system or this user cannot make any.
            return new FileInfo(path).LinkTarget is not null;
        }
    }
}
