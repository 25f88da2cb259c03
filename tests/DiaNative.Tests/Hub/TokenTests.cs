using System.Collections.Concurrent;
using DiaNative.LoopbackHub;

namespace DiaNative.Tests.Hub;

/// <summary>Private and gated repositories, and where the token goes.</summary>
public sealed class TokenTests : HubTest
{
    [Fact]
    public async Task Token_GoesToTheHubAlone()
    {
        ServedRepository repository = AddModel();
        repository.IsPrivate = true;

        ShouldHold(await DownloadAsync(Options with { Token = Server.Token }), repository);

        Assert.All(Server.Requests, request => Assert.Equal(request.IsStorage ? "" : $"Bearer {Server.Token}", request.Authorization));
        Assert.Equal(16, StorageRequests.Count());
    }

    [Fact]
    public async Task Token_AndSignatures_AreInNoLogAndNoMessage()
    {
        ServedRepository repository = AddModel();
        var failed = new ConcurrentDictionary<string, bool>();
        Server.FaultOf = request => failed.TryAdd(request.Path + request.Range, true) ? Fault.Answer(request.IsStorage ? 403 : 503) : null;
        var log = new RecordingLogger();
        HubOptions options = Options with { Token = Server.Token, LoggerFactory = new SingleLoggerFactory(log) };
        ShouldHold(await DownloadAsync(options), repository);
        Server.FaultOf = request => request.IsStorage ? Fault.Answer(403) : null;
        repository.AddRandom(CheckpointFiles.Tensors, 300_000, seed: 2);

        DiaHubException exception = await FailAsync(DiaHubError.Unavailable, options with { MaxRetries = 1 });

        string text = $"{string.Join('\n', log.Messages)}\n{exception}\n{options}";
        Assert.Contains("retry", text, StringComparison.Ordinal);
        Assert.DoesNotContain(Server.Token, text, StringComparison.Ordinal);
        Assert.DoesNotContain("signature", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Private_WithoutToken_SaysHowToGiveOne()
    {
        AddModel().IsPrivate = true;

        Assert.Contains("HF_TOKEN", (await FailAsync(DiaHubError.RepositoryNotFound)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gated_WithoutToken_SaysWhereToAccept()
    {
        AddModel().IsGated = true;

        DiaHubException exception = await FailAsync(DiaHubError.Gated);

        Assert.Contains($"{Server.Endpoint}{Repository}", exception.Message, StringComparison.Ordinal);
        Assert.Contains("HF_TOKEN", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gated_WithToken_SaysWhereToAccept()
    {
        AddModel().IsGated = true;

        Assert.Contains($"{Server.Endpoint}{Repository}", (await FailAsync(DiaHubError.Gated, Options with { Token = Server.Token })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongToken_IsSaid()
    {
        AddModel();

        Assert.Contains("settings/tokens", (await FailAsync(DiaHubError.Unauthorized, Options with { Token = "hf_wrong" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forbidden_IsSaid()
    {
        AddModel();
        Server.FaultOf = _ => Fault.Answer(403);

        await FailAsync(DiaHubError.Forbidden, Options with { Token = Server.Token });
    }

    [Fact]
    public async Task NoRepository_NamesIt()
    {
        Assert.Contains(Repository, (await FailAsync(DiaHubError.RepositoryNotFound)).Message, StringComparison.Ordinal);
        Assert.Contains(Repository, (await FailAsync(DiaHubError.RepositoryNotFound, Options with { Token = Server.Token })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NoRevision_NamesIt()
    {
        AddModel();

        Assert.Contains("'v9'", (await FailAsync(DiaHubError.RevisionNotFound, revision: "v9")).Message, StringComparison.Ordinal);
    }
}
