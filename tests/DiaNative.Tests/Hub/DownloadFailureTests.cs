using System.Diagnostics;
using DiaNative.LoopbackHub;

namespace DiaNative.Tests.Hub;

/// <summary>Bad lines and bad servers: what passes is retried, the rest is said in a sentence, and nothing wrong gets into the cache.</summary>
public sealed class DownloadFailureTests : HubTest
{
    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task DownloadAsync_EveryAddressFailsOnce_IsRetried(int status)
    {
        ServedRepository repository = AddModel();
        var failed = new HashSet<string>();
        Server.FaultOf = request => OnceFor(failed, request.Path + request.Range, Fault.Answer(status, ("Retry-After", "0")));

        // A part may wait for the hub, and then for the storage that it redirects to.
        ShouldHold(await DownloadAsync(Options with { MaxRetries = 2 }), repository);

        Assert.True(failed.Count >= 20, $"{failed.Count} failures");
    }

    [Fact]
    public async Task DownloadAsync_EveryPartIsCut_GoesOnWhereItStopped()
    {
        ServedRepository repository = AddModel();
        var failed = new HashSet<string>();
        Server.FaultOf = request => request.IsStorage ? OnceFor(failed, request.Range, new Fault { CutAfter = 20_000 }) : null;

        HubSnapshot snapshot = await DownloadAsync();

        ShouldHold(snapshot, repository);
        Assert.Equal(1_000_002, snapshot.DownloadedBytes);
        Assert.Equal(1_000_002, Server.BytesSent);
        Assert.True(failed.Count >= 30, $"{failed.Count} cuts");
    }

    [Fact]
    public async Task DownloadAsync_CutAgainAndAgain_GoesOnAsLongAsDataComes()
    {
        ServedRepository repository = AddModel();
        Server.FaultOf = request => request.IsStorage ? new Fault { CutAfter = 5_000 } : null;

        ShouldHold(await DownloadAsync(Options with { MaxRetries = 3 }), repository);

        Assert.Equal(1_000_002, Server.BytesSent);
    }

    [Fact]
    public async Task DownloadAsync_Silence_CountsAsACut()
    {
        ServedRepository repository = AddModel(100_000);
        var failed = new HashSet<string>();
        Server.FaultOf = request => request.IsStorage ? OnceFor(failed, request.Range, new Fault { StallAfter = 10_000 }) : null;

        ShouldHold(await DownloadAsync(Options with { StallTimeout = TimeSpan.FromSeconds(0.3) }), repository);

        Assert.Equal(100_002, Server.BytesSent);
    }

    [Fact]
    public async Task DownloadAsync_NoRanges_FetchesTheWhole()
    {
        ServedRepository repository = AddModel();
        Server.FaultOf = request => new Fault { IgnoreRange = true };

        ShouldHold(await DownloadAsync(), repository);
    }

    [Fact]
    public async Task DownloadAsync_NoRangesAndACut_BeginsAnewAndSkips()
    {
        ServedRepository repository = AddModel();
        var failed = new HashSet<string>();
        Server.FaultOf = request => (request.Range.Length == 0 ? OnceFor(failed, request.Path, new Fault { CutAfter = 300_000 }) : null) ??
            new Fault { IgnoreRange = true };

        ShouldHold(await DownloadAsync(), repository);
    }

    [Fact]
    public async Task DownloadAsync_ExpiredSignature_AsksTheHubForANewOne()
    {
        ServedRepository repository = AddModel();
        int requests = 0;
        Server.FaultOf = request => request.IsStorage && Interlocked.Increment(ref requests) % 3 == 0 ? Fault.Answer(403) : null;

        ShouldHold(await DownloadAsync(), repository);
    }

    [Fact]
    public async Task DownloadAsync_KeepsFailing_GivesUpAndKeepsWhatHasArrived()
    {
        ServedRepository repository = AddModel();
        Server.FaultOf = request => request.IsStorage && request.Range.StartsWith("bytes=655360-", StringComparison.Ordinal) ? Fault.Answer(503) : null;

        DiaHubException exception = await FailAsync(DiaHubError.Unavailable, Options with { MaxRetries = 2 });

        Assert.Contains("3 attempts", exception.Message, StringComparison.Ordinal);
        Assert.Equal(655_360, new FileInfo(Incomplete(repository)).Length);
        Server.FaultOf = _ => null;
        HubSnapshot snapshot = await DownloadAsync();
        ShouldHold(snapshot, repository);
        Assert.Equal(1_000_000 - 655_360, snapshot.DownloadedBytes);
    }

    [Theory]
    [InlineData("Retry-After", "1")]
    [InlineData("RateLimit", "\"resolvers\";r=0;t=1")]
    public async Task DownloadAsync_RetryAfter_IsWaitedFor(string header, string value)
    {
        ServedRepository repository = AddModel();
        var failed = new HashSet<string>();
        Server.FaultOf = request => OnceFor(failed, "", Fault.Answer(429, (header, value)));
        long start = Stopwatch.GetTimestamp();

        ShouldHold(await DownloadAsync(), repository);

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0.9, 30);
    }

    [Fact]
    public async Task DownloadAsync_RetryAfterAnHour_IsSaid()
    {
        AddModel();
        Server.FaultOf = _ => Fault.Answer(429, ("Retry-After", "3600"));

        Assert.Contains("3600 s", (await FailAsync(DiaHubError.RateLimited)).Message, StringComparison.Ordinal);

        Assert.Single(Server.Requests);
    }

    [Fact]
    public async Task DownloadAsync_NobodyListens_SaysWho()
    {
        AddModel();
        HubOptions options = Options with { Endpoint = new Uri("http://127.0.0.1:1"), MaxRetries = 1 };

        Assert.Contains("127.0.0.1:1", (await FailAsync(DiaHubError.Unavailable, options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_Cancelled_GoesOnWhereItStopped()
    {
        ServedRepository repository = AddModel();
        using var source = new CancellationTokenSource();
        Server.BytesPerSecond = 2_000_000;
        long sent = 0;
        Server.OnSent = count =>
        {
            if (Interlocked.Add(ref sent, count) > 600_000)
            {
                source.Cancel();
            }
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => DiaHub.DownloadAsync(Repository, options: Options, cancellationToken: source.Token));

        long kept = new FileInfo(Incomplete(repository)).Length;
        // Lost is at most what the parts beside the one that was written had.
        Assert.InRange(kept, 600_000 - (2 * Options.Connections * Options.PartSize), 700_000);
        Server.OnSent = _ => { };
        Server.BytesPerSecond = 0;
        HubSnapshot snapshot = await DownloadAsync();
        ShouldHold(snapshot, repository);
        Assert.Equal(1_000_000 - kept, snapshot.DownloadedBytes);
    }

    [Fact]
    public async Task DownloadAsync_WrongBytes_AreRefusedAndThrownAway()
    {
        ServedRepository repository = AddModel();
        Server.FaultOf = request => request.IsStorage ? new Fault { DamageAt = 500_000 } : null;

        DiaHubException exception = await FailAsync(DiaHubError.HashMismatch);

        Assert.Contains(repository.Sha256(CheckpointFiles.Tensors), exception.Message, StringComparison.Ordinal);
        Assert.Equal([ServedFile.GitHash("{}"u8.ToArray())], CachedFiles("blobs"));
        Server.FaultOf = _ => null;
        ShouldHold(await DownloadAsync(), repository);
    }

    [Fact]
    public async Task DownloadAsync_WrongSmallFile_IsRefused()
    {
        AddModel();
        Server.FaultOf = request => request.Path.EndsWith("config.json", StringComparison.Ordinal) ? new Fault { DamageAt = 1 } : null;

        Assert.Contains("config.json", (await FailAsync(DiaHubError.HashMismatch)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(655_360)]
    [InlineData(1_000_000)]
    [InlineData(1_000_001)]
    public async Task DownloadAsync_DamagedBeginning_IsFetchedAnew(int length)
    {
        ServedRepository repository = AddModel();
        string incomplete = Incomplete(repository);
        Directory.CreateDirectory(Path.GetDirectoryName(incomplete)!);
        await File.WriteAllBytesAsync(incomplete, new byte[length]);

        ShouldHold(await DownloadAsync(), repository);

        Assert.False(File.Exists(incomplete));
    }

    [Fact]
    public async Task DownloadAsync_WholeBeginning_NeedsNothingMore()
    {
        ServedRepository repository = AddModel();
        string incomplete = Incomplete(repository);
        Directory.CreateDirectory(Path.GetDirectoryName(incomplete)!);
        await File.WriteAllBytesAsync(incomplete, repository.Files[CheckpointFiles.Tensors].Content);

        HubSnapshot snapshot = await DownloadAsync();

        ShouldHold(snapshot, repository);
        Assert.Equal(2, snapshot.DownloadedBytes);
    }

    [Theory]
    [InlineData(-100)]
    [InlineData(100)]
    public async Task DownloadAsync_OtherLengthThanListed_IsRefused(int difference)
    {
        ServedRepository repository = AddModel(50_000);
        ServedFile file = repository.Files[CheckpointFiles.Tensors];
        repository.Files[CheckpointFiles.Tensors] = file with { Size = file.Size + difference };

        await FailAsync(DiaHubError.InvalidResponse);

        Assert.DoesNotContain(repository.Sha256(CheckpointFiles.Tensors), CachedFiles("blobs"));
    }

    [Theory]
    [InlineData("X-Repo-Commit", "dddddddddddddddddddddddddddddddddddddddd")]
    [InlineData("X-Linked-Etag", "\"00\"")]
    [InlineData("X-Linked-Size", "7")]
    public async Task DownloadAsync_RedirectOfAnotherFile_IsRefused(string header, string value)
    {
        AddModel(200_000);
        Server.FaultOf = request => request.Path.EndsWith(CheckpointFiles.Tensors, StringComparison.Ordinal) && !request.IsStorage
            ? new Fault { Headers = new Dictionary<string, string> { [header] = value } }
            : null;

        Assert.Contains(header, (await FailAsync(DiaHubError.HashMismatch)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("file:///etc/passwd")]
    [InlineData("ftp://127.0.0.1/model")]
    [InlineData("gopher:x")]
    public async Task DownloadAsync_RedirectToAnotherProtocol_IsRefused(string location)
    {
        AddModel();
        Server.FaultOf = request => request.Path.Contains("/resolve/", StringComparison.Ordinal) ? Fault.Answer(302, ("Location", location)) : null;

        await FailAsync(DiaHubError.InvalidResponse);
    }

    [Fact]
    public async Task DownloadAsync_RedirectsInACircle_EndsIt()
    {
        AddModel();
        Server.FaultOf = request => request.Path.Contains("/resolve/", StringComparison.Ordinal) ? Fault.Answer(302, ("Location", request.Path)) : null;

        Assert.Contains("redirects", (await FailAsync(DiaHubError.InvalidResponse)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_RenamedRepository_IsFollowed()
    {
        ServedRepository repository = AddModel();
        Server.FaultOf = request => request.Path.StartsWith("/api/models/owner/old/", StringComparison.Ordinal)
            ? Fault.Answer(307, ("Location", request.Path.Replace("/old/", "/model/", StringComparison.Ordinal)))
            : request.Path.StartsWith("/owner/old/", StringComparison.Ordinal)
                ? Fault.Answer(307, ("Location", request.Path.Replace("/old/", "/model/", StringComparison.Ordinal)))
                : null;

        ShouldHold(await DiaHub.DownloadAsync("owner/old", options: Options), repository);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("null")]
    [InlineData("{\"sha\": 7}")]
    [InlineData("{\"sha\": \"../../../etc\"}")]
    [InlineData("{}")]
    public async Task DownloadAsync_NoCommit_IsRefused(string answer)
    {
        AddModel();
        Server.FaultOf = request => request.Path.Contains("/revision/", StringComparison.Ordinal)
            ? new Fault { Body = System.Text.Encoding.UTF8.GetBytes(answer) }
            : null;

        await FailAsync(DiaHubError.InvalidResponse);
    }

    [Theory]
    [InlineData("[{\"type\":\"file\",\"path\":\"config.json\",\"oid\":\"../../../../etc/passwd\",\"size\":2}]")]
    [InlineData("[{\"type\":\"file\",\"path\":\"config.json\",\"oid\":\"bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f\",\"size\":-1}]")]
    [InlineData("[{\"type\":\"file\",\"path\":\"config.json\",\"size\":2}]")]
    [InlineData("[{\"type\":\"file\",\"path\":\"config.json\",\"oid\":\"bf21a9e8fbc5a3846fb05b4fa0859e0917b2202f\",\"size\":1e30}]")]
    [InlineData("[7]")]
    [InlineData("{}")]
    public async Task DownloadAsync_MalformedList_IsRefused(string answer)
    {
        AddModel();
        Server.FaultOf = request => request.Path.Contains("/tree/", StringComparison.Ordinal) ? new Fault { Body = System.Text.Encoding.UTF8.GetBytes(answer) } : null;

        await FailAsync(DiaHubError.InvalidResponse);
    }

    [Fact]
    public async Task DownloadAsync_PagesWithoutEnd_AreRefused()
    {
        ServedRepository repository = AddModel();
        Server.FaultOf = request => request.Path.Contains("/tree/", StringComparison.Ordinal)
            ? new Fault
            {
                Headers = new Dictionary<string, string> { ["Link"] = $"<{Server.Endpoint}api/models/{Repository}/tree/{repository.Commit}>; rel=\"next\"" },
            }
            : null;

        Assert.Contains("pages", (await FailAsync(DiaHubError.InvalidResponse)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_NextPageElsewhere_IsRefused()
    {
        AddModel();
        Server.FaultOf = request => request.Path.Contains("/tree/", StringComparison.Ordinal)
            ? new Fault { Headers = new Dictionary<string, string> { ["Link"] = $"<{Server.StorageEndpoint}>; rel=\"next\"" } }
            : null;

        await FailAsync(DiaHubError.InvalidResponse);
        Assert.Empty(StorageRequests);
    }

    [Theory]
    [InlineData("../model.safetensors")]
    [InlineData("/etc/model.safetensors")]
    [InlineData("..\\\\model.safetensors")]
    [InlineData("C:model.safetensors")]
    [InlineData("folder/model.safetensors")]
    [InlineData("model.safetensors\\u0000.safetensors")]
    [InlineData(".safetensors")]
    [InlineData("config.json")]
    public async Task DownloadAsync_ShardWithAPath_IsRefused(string shard)
    {
        ServedRepository repository = Server.Add(Repository).Add("config.json", "{}").Add(CheckpointFiles.Index, $$"""{ "weight_map": { "a": "{{shard}}" } }""");
        foreach (string name in (string[])["../model.safetensors", "/etc/model.safetensors", "..\\model.safetensors", "folder/model.safetensors"])
        {
            repository.AddRandom(name, 200_000);
        }

        await FailAsync(DiaHubError.InvalidResponse);

        Assert.Empty(StorageRequests);
        Assert.DoesNotContain(Directory.EnumerateFiles(Cache, "*", SearchOption.AllDirectories), path => path.EndsWith(".safetensors", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{ \"weight_map\": { } }")]
    [InlineData("{ }")]
    [InlineData("{ \"weight_map\": [] }")]
    [InlineData("[")]
    [InlineData("{ \"weight_map\": { \"a\": \"model-1.safetensors\" } }")]
    public async Task DownloadAsync_IndexWithoutItsFiles_IsRefused(string index)
    {
        Server.Add(Repository).Add("config.json", "{}").Add(CheckpointFiles.Index, index);

        await FailAsync(DiaHubError.NoCheckpoint);
    }

    [Fact]
    public async Task DownloadAsync_NoSafetensors_NamesWhatThereIs()
    {
        Server.Add(Repository).Add("config.json", "{}").AddRandom("dia-v0_1.pth", 200_000).Add("README.md", "text");

        DiaHubException exception = await FailAsync(DiaHubError.NoCheckpoint);

        Assert.Contains("dia-v0_1.pth", exception.Message, StringComparison.Ordinal);
        Assert.Contains(DiaHub.DefaultModel, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_NoConfiguration_IsSaid()
    {
        Server.Add(Repository).AddRandom(CheckpointFiles.Tensors, 200_000);

        Assert.Contains("config.json", (await FailAsync(DiaHubError.NoCheckpoint)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DownloadAsync_MoreThanTheDiskHolds_IsSaidBeforeAnythingComes()
    {
        ServedRepository repository = AddModel();
        repository.Files[CheckpointFiles.Tensors] = repository.Files[CheckpointFiles.Tensors] with { Size = long.MaxValue / 4 };

        DiaHubException exception = await FailAsync(DiaHubError.NoSpace);

        Assert.Contains(Cache, exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, Server.BytesSent);
    }

    private string Incomplete(ServedRepository repository) =>
        Path.Combine(Cache, "models--owner--model", "blobs", $"{repository.Sha256(CheckpointFiles.Tensors)}.incomplete");

    // The first request with a key fails.
    private static Fault? OnceFor(HashSet<string> seen, string key, Fault fault)
    {
        lock (seen)
        {
            return seen.Add(key) ? fault : null;
        }
    }
}
