namespace DiaNative;

/// <summary>What the hub says that a repository holds at a revision.</summary>
/// <param name="Commit">The commit that the revision means.</param>
/// <param name="Files">The files in the root of the repository by name.</param>
internal sealed record HubListing(string Commit, IReadOnlyDictionary<string, HubFile> Files)
{
    // A page has a thousand entries; no checkpoint needs more than a few of them.
    private const int MaxPages = 100;

    internal static async Task<HubListing> ReadAsync(HubClient client, HubSubject subject, CancellationToken cancellationToken)
    {
        string api = $"api/models/{subject.Repository}";
        (HubAnswer.Revision revision, _) = await client.GetJsonAsync(
            client.Settings.Address($"{api}/revision/{Uri.EscapeDataString(subject.Revision)}"), HubJson.Default.Revision, subject, cancellationToken)
            .ConfigureAwait(false);
        string commit = HubFile.IsSha1(revision.Sha)
            ? revision.Sha!
            : throw new DiaHubException(
                DiaHubError.InvalidResponse, $"{subject.Repository}: the commit of '{subject.Revision}' is '{revision.Sha}', expected 40 hexadecimal digits.");

        var files = new Dictionary<string, HubFile>(StringComparer.Ordinal);
        Uri? page = client.Settings.Address($"{api}/tree/{commit}");
        for (int pages = 0; page is not null; pages++)
        {
            if (pages == MaxPages)
            {
                throw new DiaHubException(DiaHubError.InvalidResponse, $"{subject.Repository}: the list of files has more than {MaxPages} pages.");
            }

            (HubAnswer.TreeEntry[] entries, page) =
                await client.GetJsonAsync(page, HubJson.Default.TreeEntryArray, subject, cancellationToken).ConfigureAwait(false);
            foreach (HubAnswer.TreeEntry entry in entries)
            {
                // Names are only compared with those that are wanted; none becomes a path by itself.
                if (entry is { Type: "file", Path: { Length: > 0 } path })
                {
                    files[path] = ToFile(subject, path, entry);
                }
            }
        }

        return new HubListing(commit, files);
    }

    private static HubFile ToFile(HubSubject subject, string path, HubAnswer.TreeEntry entry)
    {
        long size = entry.Lfs?.Size ?? entry.Size;
        string? hash = entry.Lfs is null ? entry.Oid : entry.Lfs.Oid;
        bool isHash = entry.Lfs is null ? HubFile.IsSha1(hash) : HubFile.IsSha256(hash);
        return isHash && size >= 0
            ? new HubFile(path, size, hash!)
            : throw new DiaHubException(
                DiaHubError.InvalidResponse,
                $"{subject.Repository}/{path}: the hub lists {size} bytes and the hash '{hash}', expected a SHA-{(entry.Lfs is null ? "1" : "256")} in hexadecimal digits.");
    }
}
