namespace DiaNative.Tests.Hub;

/// <summary>What options leave open comes from the variables that the hub's own library reads.</summary>
public sealed class HubSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Dictionary<string, string> _variables = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Create_NothingGiven_HasTheDefaults()
    {
        HubSettings settings = Create();

        Assert.Equal(new Uri("https://huggingface.co"), settings.Endpoint);
        Assert.Null(settings.Token);
        Assert.False(settings.Offline);
        Assert.EndsWith(Path.Combine(".cache", "huggingface", "hub"), settings.CacheDirectory, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_Cache_FollowsTheVariablesInTheirOrder()
    {
        _variables["XDG_CACHE_HOME"] = _folder.PathTo("xdg");
        Assert.Equal(Path.Combine(_folder.PathTo("xdg"), "huggingface", "hub"), Create().CacheDirectory);
        _variables["HF_HOME"] = _folder.PathTo("home");
        Assert.Equal(Path.Combine(_folder.PathTo("home"), "hub"), Create().CacheDirectory);
        _variables["HF_HUB_CACHE"] = _folder.PathTo("cache");
        Assert.Equal(_folder.PathTo("cache"), Create().CacheDirectory);
        Assert.Equal(_folder.PathTo("option"), Create(new HubOptions { CacheDirectory = _folder.PathTo("option") }).CacheDirectory);
    }

    [Fact]
    public void Create_Token_FollowsOptionVariableAndFile()
    {
        _variables["HF_HOME"] = _folder.FullName;
        File.WriteAllText(_folder.PathTo("token"), "hf_file\n");
        Assert.Equal("hf_file", Create().Token);
        _variables["HF_TOKEN"] = "hf_variable";
        Assert.Equal("hf_variable", Create().Token);
        Assert.Equal("hf_option", Create(new HubOptions { Token = "hf_option" }).Token);
        Assert.Null(Create(new HubOptions { Token = "" }).Token);
        _variables["HF_HUB_DISABLE_IMPLICIT_TOKEN"] = "1";
        Assert.Null(Create().Token);
    }

    [Theory]
    [InlineData("1", true)]
    [InlineData("true", true)]
    [InlineData("YES", true)]
    [InlineData("on", true)]
    [InlineData("0", false)]
    [InlineData("", false)]
    public void Create_Offline_ReadsTheVariable(string value, bool expected)
    {
        _variables["HF_HUB_OFFLINE"] = value;

        Assert.Equal(expected, Create().Offline);
        Assert.False(Create(new HubOptions { Offline = false }).Offline);
    }

    [Theory]
    [InlineData("http://127.0.0.1:8080/mirror/", "http://127.0.0.1:8080/mirror/api/x")]
    [InlineData("https://mirror.example", "https://mirror.example/api/x")]
    public void Create_Endpoint_ReadsTheVariable(string value, string expected)
    {
        _variables["HF_ENDPOINT"] = value;

        Assert.Equal(new Uri(expected), Create().Address("api/x"));
    }

    [Theory]
    [InlineData("ftp://mirror.example")]
    [InlineData("mirror.example")]
    [InlineData("https://user:password@mirror.example")]
    [InlineData("https://mirror.example/?key=1")]
    public void Create_EndpointThatIsNone_Throws(string value)
    {
        _variables["HF_ENDPOINT"] = value;

        Assert.Throws<ArgumentException>(() => Create());
    }

    [Theory]
    [InlineData("hf_a b")]
    [InlineData("hf_a\r\nX-Evil: 1")]
    [InlineData("\"hf_a\"")]
    public void Create_TokenThatIsNone_ThrowsWithoutRepeatingIt(string token) =>
        Assert.DoesNotContain("hf_a", Assert.Throws<ArgumentException>(() => Create(new HubOptions { Token = token })).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("../model")]
    [InlineData("owner/../model")]
    [InlineData("/etc")]
    [InlineData("owner/model/more")]
    [InlineData("owner\\model")]
    [InlineData("owner/model?x")]
    [InlineData("owner/model#x")]
    [InlineData("owner--model")]
    [InlineData("owner/model.")]
    [InlineData("owner/model\n")]
    public async Task DownloadAsync_NameThatIsNone_Throws(string name) =>
        await Assert.ThrowsAsync<ArgumentException>(() => DiaHub.DownloadAsync(name, options: Nowhere));

    [Theory]
    [InlineData("")]
    [InlineData("../main")]
    [InlineData("a/../../b")]
    [InlineData("/main")]
    [InlineData("main\\x")]
    [InlineData("main\n")]
    public async Task DownloadAsync_RevisionThatIsNone_Throws(string revision) =>
        await Assert.ThrowsAsync<ArgumentException>(() => DiaHub.DownloadAsync("owner/model", revision, Nowhere));

    [Theory]
    [InlineData(0)]
    [InlineData(33)]
    public void Connections_OutsideTheirRange_Throw(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HubOptions { Connections = value });

    [Theory]
    [InlineData(-1)]
    [InlineData(101)]
    public void MaxRetries_OutsideTheirRange_Throw(int value) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new HubOptions { MaxRetries = value });

    private HubOptions Nowhere => new() { Endpoint = new Uri("http://127.0.0.1:1"), CacheDirectory = _folder.FullName, MaxRetries = 0, Token = "" };

    private HubSettings Create(HubOptions? options = null) => HubSettings.Create(options, _variables.GetValueOrDefault);
}
