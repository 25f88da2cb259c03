using DiaNative.LoopbackHub;

namespace DiaNative.Tests.Hub;

/// <summary>What is fetched, where it lies, and what a second call does.</summary>
public sealed class DownloadTests : HubTest
{
    [Fact]
    public async Task DownloadAsync_OneFile_HoldsWhatTheConverterReadsAndNothingElse()
    {
        ServedRepository repository = AddModel().Add("generation_config.json", "{ }").Add("README.md", "# Model").AddRandom("model.pth", 200_000);

        HubSnapshot snapshot = await DownloadAsync();

        ShouldHold(snapshot, repository);
        Assert.Equal(["config.json", "generation_config.json", "model.safetensors"], snapshot.Files);
        Assert.Equal(1_000_005, snapshot.SizeInBytes);
        Assert.Equal(snapshot.SizeInBytes, snapshot.DownloadedBytes);
        Assert.Equal(snapshot.SizeInBytes, Server.BytesSent);
    }

    [Fact]
    public async Task DownloadAsync_LargeFile_ComesInPartsSideBySide()
    {
        ServedRepository repository = AddModel();

        ShouldHold(await DownloadAsync(), repository);

        Assert.Equal(16, StorageRequests.Count());
        Assert.All(StorageRequests, request => Assert.StartsWith("bytes=", request.Range, StringComparison.Ordinal));
        // The hub is asked once at most per connection where the file lies; then its storage is.
        Assert.InRange(Server.Requests.Count(request => request.Path.Contains("/resolve/", StringComparison.Ordinal)), 2, 1 + Options.Connections);
        Assert.Contains(StorageRequests, request => request.IfRange.StartsWith("\"storage-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task DownloadAsync_Shards_FollowTheIndex()
    {
        ServedRepository repository = Server.Add(Repository)
            .Add("config.json", "{}")
            .Add(CheckpointFiles.Index, """{ "metadata": {}, "weight_map": { "a": "model-1.safetensors", "b": "model-2.safetensors", "c": "model-1.safetensors" } }""")
            .AddRandom("model-1.safetensors", 300_000)
            .AddRandom("model-2.safetensors", 200_000, seed: 2)
            .AddRandom("model-3.safetensors", 200_000, seed: 3);

        HubSnapshot snapshot = await DownloadAsync();

        ShouldHold(snapshot, repository);
        Assert.Equal(["config.json", "model-1.safetensors", "model-2.safetensors", CheckpointFiles.Index], snapshot.Files);
    }

    [Fact]
    public async Task DownloadAsync_SeveralPages_ReadsThemAll()
    {
        ServedRepository repository = AddModel();
        repository.PageSize = 3;
        for (int i = 0; i < 20; i++)
        {
            repository.Add($"another-{i}.txt", "text");
        }

        ShouldHold(await DownloadAsync(), repository);

        Assert.Equal(8, Server.Requests.Count(request => request.Path.Contains("/tree/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task DownloadAsync_Again_FetchesNothing()
    {
        ServedRepository repository = AddModel();
        await DownloadAsync();
        long sent = Server.BytesSent;

        HubSnapshot snapshot = await DownloadAsync();

        ShouldHold(snapshot, repository);
        Assert.Equal(0, snapshot.DownloadedBytes);
        Assert.Equal(sent, Server.BytesSent);
    }

    [Fact]
    public async Task DownloadAsync_NewCommit_FetchesWhatChanged()
    {
        ServedRepository repository = AddModel();
        HubSnapshot before = await DownloadAsync();
        repository.Commit = new string('c', 40);
        repository.Add("config.json", """{ "new": true }""");

        HubSnapshot after = await DownloadAsync();

        ShouldHold(after, repository);
        Assert.Equal(15, after.DownloadedBytes);
        Assert.NotEqual(before.Directory, after.Directory);
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(before.Directory, "config.json")));
    }

    [Theory]
    [InlineData("v1.0")]
    [InlineData("refs/pr/1")]
    public async Task DownloadAsync_Revision_IsAskedForAndRemembered(string revision)
    {
        ServedRepository repository = AddModel();
        repository.Revisions.Add(revision);

        ShouldHold(await DownloadAsync(revision: revision), repository);

        Assert.Equal(repository.Commit, await File.ReadAllTextAsync(Path.Combine(Cache, "models--owner--model", "refs", revision)));
    }

    [Fact]
    public async Task DownloadAsync_Cache_HasTheLayoutOfTheHubsOwnLibrary()
    {
        ServedRepository repository = AddModel();

        HubSnapshot snapshot = await DownloadAsync();

        string blob = repository.Sha256(CheckpointFiles.Tensors);
        Assert.Equal(Path.Combine(Cache, "models--owner--model", "snapshots", repository.Commit), snapshot.Directory);
        Assert.Equal([blob, ServedFile.GitHash("{}"u8.ToArray())], CachedFiles("blobs").Order(StringComparer.Ordinal).OrderByDescending(name => name.Length));
        Assert.Equal(repository.Commit, await File.ReadAllTextAsync(Path.Combine(Cache, "models--owner--model", "refs", "main")));
        Assert.Equal(
            Path.Combine("..", "..", "blobs", blob), new FileInfo(Path.Combine(snapshot.Directory, CheckpointFiles.Tensors)).LinkTarget);
        Assert.True(File.Exists(Path.Combine(Cache, ".locks", "models--owner--model", $"{blob}.lock")));
    }

    [Fact]
    public async Task DownloadAsync_BlobOfAnotherProgram_IsUsed()
    {
        ServedRepository repository = AddModel();
        string blobs = Path.Combine(Cache, "models--owner--model", "blobs");
        Directory.CreateDirectory(blobs);
        await File.WriteAllBytesAsync(
            Path.Combine(blobs, repository.Sha256(CheckpointFiles.Tensors)), repository.Files[CheckpointFiles.Tensors].Content);

        HubSnapshot snapshot = await DownloadAsync();

        ShouldHold(snapshot, repository);
        Assert.Equal(2, snapshot.DownloadedBytes);
    }

    [Fact]
    public async Task DownloadAsync_NoLinks_HoldsFiles()
    {
        ServedRepository repository = AddModel();
        HubOptions options = Options with { UseSymbolicLinks = false };

        HubSnapshot snapshot = await DownloadAsync(options);
        HubSnapshot again = await DownloadAsync(options);

        ShouldHold(snapshot, repository);
        Assert.Null(new FileInfo(Path.Combine(snapshot.Directory, CheckpointFiles.Tensors)).LinkTarget);
        Assert.Empty(CachedFiles("blobs"));
        Assert.Equal(0, again.DownloadedBytes);
        ShouldHold(await DownloadAsync(options with { Offline = true }), repository);
    }

    [Fact]
    public async Task DownloadAsync_NoLinksAndABlobOfAnotherProgram_CopiesIt()
    {
        ServedRepository repository = AddModel();
        await DownloadAsync();
        repository.Commit = new string('c', 40);

        HubSnapshot snapshot = await DownloadAsync(Options with { UseSymbolicLinks = false });

        ShouldHold(snapshot, repository);
        Assert.Equal(0, snapshot.DownloadedBytes);
        Assert.Equal(2, CachedFiles("blobs").Count);
    }

    [Fact]
    public async Task DownloadAsync_EmptyAndOddSizes_AreWhole()
    {
        foreach (int size in (int[])[0, 1, 65_535, 65_536, 65_537, 131_072])
        {
            ServedRepository repository = Server.Add($"owner/size-{size}").Add("config.json", "").Add(CheckpointFiles.Tensors, new byte[size], isLarge: true);

            ShouldHold(await DiaHub.DownloadAsync(repository.Name, options: Options), repository);
        }
    }

    [Fact]
    public async Task DownloadAsync_Progress_RisesToTheEnd()
    {
        AddModel();
        var reports = new List<HubProgress>();

        await DiaHub.DownloadAsync(Repository, options: Options, progress: new ImmediateProgress<HubProgress>(reports.Add));

        Assert.Equal(reports.Select(report => report.Bytes.Done).Order(), reports.Select(report => report.Bytes.Done));
        Assert.Equal(new ByteProgress(1_000_002, 1_000_002), reports[^1].Bytes);
        Assert.Equal((2, 2), (reports[^1].FilesDone, reports[^1].Files));
        Assert.All(reports, report => Assert.Equal(HubStage.Downloading, report.Stage));
    }

    [Fact]
    public async Task DownloadAsync_ProgressThrows_ThrowsThatException()
    {
        AddModel();

        await Assert.ThrowsAsync<TimeZoneNotFoundException>(() => DiaHub.DownloadAsync(
            Repository, options: Options, progress: new ImmediateProgress<HubProgress>(_ => throw new TimeZoneNotFoundException())));
    }

    [Fact]
    public async Task DownloadAsync_SideBySide_FetchesOnce()
    {
        ServedRepository repository = AddModel(3_000_000);
        Server.BytesPerSecond = 20_000_000;

        HubSnapshot[] snapshots = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DownloadAsync()));

        Assert.All(snapshots, snapshot => ShouldHold(snapshot, repository));
        Assert.Equal(3_000_002, Server.BytesSent);
        Assert.Equal(3_000_002, snapshots.Sum(snapshot => snapshot.DownloadedBytes));
    }

    [Fact]
    public async Task DownloadAsync_Offline_UsesTheCacheAlone()
    {
        ServedRepository repository = AddModel();
        await DownloadAsync();
        int requests = Server.Requests.Count;

        ShouldHold(await DownloadAsync(Options with { Offline = true }), repository);
        ShouldHold(await DownloadAsync(Options with { Offline = true }, repository.Commit), repository);

        Assert.Equal(requests, Server.Requests.Count);
    }

    [Fact]
    public async Task DownloadAsync_OfflineAndNotWhole_SaysWhatIsMissing()
    {
        Server.Add(Repository)
            .Add("config.json", "{}")
            .Add(CheckpointFiles.Index, """{ "weight_map": { "a": "model-1.safetensors" } }""")
            .AddRandom("model-1.safetensors", 200_000);
        HubOptions offline = Options with { Offline = true };
        await FailAsync(DiaHubError.NotCached, offline);
        HubSnapshot snapshot = await DownloadAsync();

        Assert.Contains("'dev'", (await FailAsync(DiaHubError.NotCached, offline, "dev")).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(snapshot.Directory, "model-1.safetensors"));
        Assert.Contains("model-1.safetensors", (await FailAsync(DiaHubError.NotCached, offline)).Message, StringComparison.Ordinal);
        File.Delete(Path.Combine(snapshot.Directory, "config.json"));
        await FailAsync(DiaHubError.NotCached, offline);
    }
}
