namespace DiaNative;

/// <summary>A checkpoint that the cache has without asking the hub.</summary>
internal static class CachedSnapshot
{
    /// <exception cref="DiaHubException">The cache lacks the revision or one of its files.</exception>
    internal static HubSnapshot Find(HubSettings settings, HubSubject subject)
    {
        var cache = new HubCache(settings, subject.Repository);
        string commit = cache.FindCommit(subject.Revision) ?? throw NotCached(settings, subject, "does not have it");
        string folder = cache.SnapshotFolder(commit);
        Dictionary<string, HubFile> present = Directory.Exists(folder)
            ? new DirectoryInfo(folder).EnumerateFiles().Where(file => File.Exists(file.FullName))
                .ToDictionary(file => file.Name, file => new HubFile(file.Name, SizeOf(file), commit), StringComparer.Ordinal)
            : [];

        var files = new List<HubFile>();
        try
        {
            files.AddRange(CheckpointFiles.Choose(subject, present));
            if (files.Any(file => file.Name == CheckpointFiles.Index))
            {
                byte[] index = File.ReadAllBytes(Path.Combine(folder, CheckpointFiles.Index));
                foreach (string shard in CheckpointFiles.Shards(subject, index))
                {
                    files.Add(present.GetValueOrDefault(shard) ?? throw NotCached(settings, subject, $"lacks {shard}"));
                }
            }
        }
        catch (DiaHubException exception) when (exception.Error == DiaHubError.NoCheckpoint)
        {
            throw NotCached(settings, subject, "does not have all of it");
        }

        return new HubSnapshot(
            subject.Repository, commit, folder, [.. files.Select(file => file.Name).Order(StringComparer.Ordinal)], files.Sum(file => file.Size), 0);
    }

    private static long SizeOf(FileInfo file) => file.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target.Length : file.Length;

    private static DiaHubException NotCached(HubSettings settings, HubSubject subject, string what) => new(
        DiaHubError.NotCached,
        $"{subject.Repository} at '{subject.Revision}' is not to be had offline: the cache '{settings.CacheDirectory}' {what}. " +
        "Download it once without --offline and HF_HUB_OFFLINE.");
}
