using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>The options that say how the hub is reached and where its cache is.</summary>
internal sealed class HubArguments
{
    private readonly Option<string?> _cache = new("--cache-dir") { Description = "The hub's cache; by default that of Python's huggingface_hub" };
    private readonly Option<bool> _offline = new("--offline") { Description = "Use the cache and no network" };
    private readonly Option<string?> _token = new("--token")
    {
        Description = "Opens private and gated repositories; other users of this machine can see it here, and not in HF_TOKEN",
    };

    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "Address of the hub; by default HF_ENDPOINT, else https://huggingface.co" };
    private readonly Option<int> _connections = new("--connections") { Description = "Requests at a time, 1 to 32", DefaultValueFactory = _ => new HubOptions().Connections };
    private readonly Option<string> _progress = Choice.Option<ProgressStyle>("--progress", "A bar on a terminal, a plain line per second, or nothing");

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_cache, _offline, _token, _endpoint, _connections, _progress])
        {
            command.Options.Add(option);
        }
    }

    internal HubOptions Options(ParseResult parsed) => new()
    {
        CacheDirectory = parsed.GetValue(_cache),
        Offline = parsed.GetValue(_offline) ? true : null,
        Token = parsed.GetValue(_token),
        Endpoint = parsed.GetValue(_endpoint) is { } endpoint ? new Uri(endpoint, UriKind.RelativeOrAbsolute) : null,
        LoggerFactory = ErrorLog.Factory,
        Connections = parsed.GetRequiredValue(_connections),
    };

    internal ProgressStyle Progress(ParseResult parsed) => Choice.Value<ProgressStyle>(parsed, _progress);
}
