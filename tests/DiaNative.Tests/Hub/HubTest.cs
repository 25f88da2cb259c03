using DiaNative.LoopbackHub;

namespace DiaNative.Tests.Hub;

/// <summary>What every test of the hub needs: a server on the loopback interface and an empty cache.</summary>
public abstract class HubTest : IAsyncLifetime, IDisposable
{
    protected const string Repository = "owner/model";

    private readonly TemporaryFolder _folder = new();

    protected HubServer Server { get; private set; } = null!;

    protected string Cache => _folder.PathTo("cache");

    protected HubOptions Options => new()
    {
        Endpoint = Server.Endpoint,
        CacheDirectory = Cache,
        Token = "",
        Offline = false,
        RetryDelay = TimeSpan.FromMilliseconds(1),
        PartSize = 64 * 1024,
        FirstPartSize = 64 * 1024,
    };

    /// <summary>The requests for the contents of large files.</summary>
    protected IEnumerable<ReceivedRequest> StorageRequests => Server.Requests.Where(request => request.IsStorage);

    public async Task InitializeAsync() => Server = await HubServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>A repository with a configuration and one large file.</summary>
    protected ServedRepository AddModel(int size = 1_000_000) => Server.Add(Repository).Add("config.json", "{}").AddRandom(CheckpointFiles.Tensors, size);

    protected Task<HubSnapshot> DownloadAsync(HubOptions? options = null, string revision = "main") =>
        DiaHub.DownloadAsync(Repository, revision, options ?? Options);

    protected async Task<DiaHubException> FailAsync(DiaHubError error, HubOptions? options = null, string revision = "main")
    {
        DiaHubException exception = await Assert.ThrowsAsync<DiaHubException>(() => DownloadAsync(options, revision));
        Assert.True(exception.Error == error, $"expected {error}, found {exception.Error}: {exception.Message}");
        return exception;
    }

    /// <summary>Fails unless every file of the snapshot has the bytes that the server has.</summary>
    protected static void ShouldHold(HubSnapshot snapshot, ServedRepository repository)
    {
        Assert.Equal(repository.Commit, snapshot.Commit);
        Assert.NotEmpty(snapshot.Files);
        Assert.All(
            snapshot.Files,
            name => Assert.True(
                File.ReadAllBytes(Path.Combine(snapshot.Directory, name)).AsSpan().SequenceEqual(repository.Files[name].Content), $"{name} differs"));
    }

    /// <summary>The names of all files of the cache, relative to the repository's folder.</summary>
    protected IReadOnlyList<string> CachedFiles(string folder) =>
        [.. new DirectoryInfo(Path.Combine(Cache, "models--owner--model", folder)).EnumerateFiles("*", SearchOption.AllDirectories)
            .Select(file => file.Name).Order(StringComparer.Ordinal)];
}
