using System.Buffers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative;

/// <summary>
/// The options of a download with everything filled in: what an option leaves open comes from the environment variables that
/// Python's <c>huggingface_hub</c> reads, and from its token file.
/// </summary>
internal sealed record HubSettings(HubOptions Options, Uri Endpoint, string? Token, string CacheDirectory, bool Offline, ILogger Logger)
{
    private const string DefaultEndpoint = "https://huggingface.co";
    private const int MaxTokenFileBytes = 4096;

    private static readonly SearchValues<char> s_tokenCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

    internal static HubSettings Create(HubOptions? options, Func<string, string?>? environment = null)
    {
        options ??= new HubOptions();
        var variables = new Variables(environment ?? Environment.GetEnvironmentVariable);
        string home = variables.Path("HF_HOME") ?? Path.Combine(variables.Path("XDG_CACHE_HOME") ?? InUserProfile(".cache"), "huggingface");
        return new HubSettings(
            options,
            CheckEndpoint(options.Endpoint ?? new Uri(variables.Text("HF_ENDPOINT") ?? DefaultEndpoint, UriKind.RelativeOrAbsolute)),
            FindToken(options.Token, variables, home),
            Path.GetFullPath(
                options.CacheDirectory ?? variables.Path("HF_HUB_CACHE") ?? variables.Path("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub")),
            options.Offline ?? variables.Flag("HF_HUB_OFFLINE"),
            (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(typeof(DiaHub)));
    }

    /// <summary>An address below the endpoint.</summary>
    internal Uri Address(string path) => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    private static string InUserProfile(string folder) =>
        Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), folder);

    private static Uri CheckEndpoint(Uri endpoint) =>
        endpoint.IsAbsoluteUri && (endpoint.Scheme == Uri.UriSchemeHttps || endpoint.Scheme == Uri.UriSchemeHttp) &&
        endpoint.UserInfo.Length == 0 && endpoint.Query.Length == 0 && endpoint.Fragment.Length == 0
            ? endpoint
            : throw new ArgumentException(
                $"The endpoint '{endpoint}' must be an address such as {DefaultEndpoint}: http or https, without user, query and fragment.");

    private static string? FindToken(string? given, Variables variables, string home)
    {
        if (given is null && variables.Flag("HF_HUB_DISABLE_IMPLICIT_TOKEN"))
        {
            return null;
        }

        string? token = given
            ?? variables.Text("HF_TOKEN") ?? variables.Text("HUGGING_FACE_HUB_TOKEN")
            ?? ReadTokenFile(variables.Path("HF_TOKEN_PATH") ?? Path.Combine(home, "token"));
        token = token?.Trim();
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }

        // The message must not repeat it: it may be nearly right.
        return token.AsSpan().ContainsAnyExcept(s_tokenCharacters)
            ? throw new ArgumentException("The token holds a character that no token has. Copy it anew, without quotes and line breaks.")
            : token;
    }

    private static string? ReadTokenFile(string path)
    {
        try
        {
            return File.Exists(path) && new FileInfo(path).Length <= MaxTokenFileBytes ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A file that this user may not read holds somebody else's token; public repositories need none.
            return null;
        }
    }

    private readonly struct Variables(Func<string, string?> read)
    {
        internal string? Text(string name) => read(name) is { Length: > 0 } value ? value : null;

        internal string? Path(string name) => Text(name) switch
        {
            null => null,
            "~" => InUserProfile(""),
            ['~', '/', .. string rest] => InUserProfile(rest),
            string value => value,
        };

        internal bool Flag(string name) => Text(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
    }
}
