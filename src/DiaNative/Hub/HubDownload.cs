namespace DiaNative;

/// <summary>
/// Downloads the checkpoints of one or more repositories: first it learns everything that is needed, so that a missing file or too
/// small a disk is known before the first gigabyte, then it fetches the files side by side.
/// </summary>
internal sealed class HubDownload : IDisposable
{
    // A file system needs a little more than the files; and a disk that is full to the last byte helps nobody.
    private const long SpareBytes = 64 * 1024 * 1024;

    private readonly HubSettings _settings;
    private readonly HubClient _client;
    private readonly TransferLimits _limits;
    private readonly TransferMeter _meter;

    internal HubDownload(HubSettings settings, IProgress<HubProgress>? progress)
    {
        _settings = settings;
        _client = new HubClient(settings);
        _limits = new TransferLimits(settings.Options.Connections);
        _meter = new TransferMeter(progress);
    }

    public void Dispose()
    {
        _client.Dispose();
        _limits.Dispose();
    }

    internal async Task<HubSnapshot[]> RunAsync(IReadOnlyList<HubSubject> subjects, CancellationToken cancellationToken)
    {
        var plans = new List<Plan>();
        foreach (HubSubject subject in subjects)
        {
            plans.Add(await MakePlanAsync(subject, cancellationToken).ConfigureAwait(false));
        }

        CheckSpace(plans);
        var transfers = plans.SelectMany(plan => plan.Transfers).ToList();
        await Parallel.ForEachAsync(
            transfers,
            new ParallelOptions { MaxDegreeOfParallelism = _settings.Options.Connections, CancellationToken = cancellationToken },
            async (transfer, token) => await FetchAsync(transfer, token).ConfigureAwait(false)).ConfigureAwait(false);

        foreach (Plan plan in plans)
        {
            await plan.Cache.SetReferenceAsync(plan.Subject.Revision, plan.Commit).ConfigureAwait(false);
        }

        return [.. plans.Select(ToSnapshot)];
    }

    private static HubSnapshot ToSnapshot(Plan plan) => new(
        plan.Subject.Repository,
        plan.Commit,
        plan.Cache.SnapshotFolder(plan.Commit),
        [.. plan.Transfers.Select(transfer => transfer.File.Name).Order(StringComparer.Ordinal)],
        plan.Transfers.Sum(transfer => transfer.File.Size),
        plan.Transfers.Sum(transfer => transfer.Meter.Downloaded));

    private async Task<Plan> MakePlanAsync(HubSubject subject, CancellationToken cancellationToken)
    {
        HubListing listing = await HubListing.ReadAsync(_client, subject, cancellationToken).ConfigureAwait(false);
        var plan = new Plan(subject, new HubCache(_settings, subject.Repository), listing.Commit);
        foreach (HubFile file in CheckpointFiles.Choose(subject, listing.Files))
        {
            plan.Add(file, _meter);
        }

        if (plan.Transfers.FirstOrDefault(transfer => transfer.File.Name == CheckpointFiles.Index) is { } index)
        {
            await FetchAsync(index, cancellationToken).ConfigureAwait(false);
            string path = Path.Combine(plan.Cache.SnapshotFolder(plan.Commit), CheckpointFiles.Index);
            foreach (string shard in CheckpointFiles.Shards(subject, await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false)))
            {
                plan.Add(
                    listing.Files.TryGetValue(shard, out HubFile? file)
                        ? file
                        : throw new DiaHubException(
                            DiaHubError.NoCheckpoint, $"{subject.Repository} at '{subject.Revision}' has no {shard}, though {CheckpointFiles.Index} names it."),
                    _meter);
            }
        }

        return plan;
    }

    private void CheckSpace(List<Plan> plans)
    {
        long missing = 0;
        foreach (Plan plan in plans)
        {
            long size = plan.Transfers.Sum(transfer => transfer.File.Size);
            long present = plan.Transfers.Sum(transfer => plan.Cache.BytesOf(plan.Commit, transfer.File));
            Log.HubDownloading(_settings.Logger, plan.Subject.Repository, plan.Commit, plan.Transfers.Count, size, present, plan.Cache.Folder);
            missing += size - present;
        }

        if (missing > 0 && FreeSpace.Find(_settings.CacheDirectory) is { } free && missing + SpareBytes > free)
        {
            throw new DiaHubException(
                DiaHubError.NoSpace,
                $"{string.Join(" and ", plans.Select(plan => plan.Subject.Repository))}: {missing} bytes are to come, and the disk with " +
                $"'{_settings.CacheDirectory}' has {free} free. Free some space, or name another folder with HF_HUB_CACHE or --cache-dir.");
        }
    }

    private async Task FetchAsync(Transfer transfer, CancellationToken cancellationToken)
    {
        if (transfer.IsDone)
        {
            return;
        }

        (HubCache cache, HubFile file, string commit) = (transfer.Plan.Cache, transfer.File, transfer.Plan.Commit);
        if (cache.Holds(commit, file))
        {
            transfer.Meter.AddPresent(file.Size);
        }
        else
        {
            using FileStream held = await cache.LockAsync(file, cancellationToken).ConfigureAwait(false);
            bool isNew = !cache.Holds(commit, file) && !cache.HasBlob(file);
            if (isNew)
            {
                var source = new HubSource(_client, transfer.Plan.Subject with { File = file.Name }, file, commit);
                await new BlobDownload(_client, source, file, _limits, transfer.Meter)
                    .RunAsync(cache.IncompletePath(file), cache.BlobPath(file), cancellationToken).ConfigureAwait(false);
            }
            else
            {
                transfer.Meter.AddPresent(file.Size);
            }

            cache.Publish(commit, file, isNew);
        }

        transfer.Complete();
    }

    /// <summary>A repository whose files are known.</summary>
    private sealed class Plan(HubSubject subject, HubCache cache, string commit)
    {
        internal HubSubject Subject { get; } = subject;

        internal HubCache Cache { get; } = cache;

        internal string Commit { get; } = commit;

        internal List<Transfer> Transfers { get; } = [];

        internal void Add(HubFile file, TransferMeter meter) => Transfers.Add(new Transfer(this, file, meter.Expect(file.Size)));
    }

    /// <summary>A file that is to be in the cache.</summary>
    private sealed class Transfer(Plan plan, HubFile file, TransferMeter.FileMeter meter)
    {
        internal Plan Plan { get; } = plan;

        internal HubFile File { get; } = file;

        internal TransferMeter.FileMeter Meter { get; } = meter;

        internal bool IsDone { get; private set; }

        internal void Complete()
        {
            IsDone = true;
            Meter.Complete();
        }
    }
}
