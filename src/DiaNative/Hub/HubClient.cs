using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace DiaNative;

/// <summary>
/// Requests to the hub. Redirects are followed here and not by the handler, because the token may go to the hub itself alone and never
/// to the storage that it redirects to.
/// </summary>
internal sealed class HubClient : IDisposable
{
    private const int MaxRedirects = 10;
    private const int MaxJsonBytes = 32 * 1024 * 1024;
    private const int ReadSize = 64 * 1024;

    private static readonly string s_version =
        typeof(HubClient).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private readonly HttpClient _http;

    internal HubClient(HubSettings settings)
    {
        Settings = settings;
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectTimeout = settings.Options.StallTimeout,
            UseCookies = false,
        };
        _http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("dianative", s_version));
        // A compressed answer has no ranges and another length.
        _http.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
    }

    internal HubSettings Settings { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Reads an answer of the hub's interface, and the address of its next page.</summary>
    /// <exception cref="DiaHubException">The hub refuses, fails, or answers something else.</exception>
    internal async Task<(T Value, Uri? Next)> GetJsonAsync<T>(
        Uri address, JsonTypeInfo<T> type, HubSubject subject, CancellationToken cancellationToken)
    {
        byte[] json = [];
        Uri? next = null;
        await new HubRetry(Settings, subject.ToString()).RunAsync(
            async () =>
            {
                using HttpResponseMessage response = await SendAsync(address, null, null, null, cancellationToken).ConfigureAwait(false);
                ThrowIfRefused(response, subject);
                json = await ReadAllAsync(response, subject, cancellationToken).ConfigureAwait(false);
                next = NextPage(response, address);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        try
        {
            return (JsonSerializer.Deserialize(json, type) ?? throw new JsonException("null"), next);
        }
        catch (JsonException exception)
        {
            throw new DiaHubException(
                DiaHubError.InvalidResponse, $"{subject}: {Settings.Endpoint} answers something that is no answer of a hub: {exception.Message}", exception);
        }
    }

    /// <summary>Sends one request and follows redirects. The answer's contents are not read yet.</summary>
    /// <param name="address">Where to begin.</param>
    /// <param name="range">The bytes that are wanted; <see langword="null"/> for all.</param>
    /// <param name="ifRange">The version that the range belongs to.</param>
    /// <param name="onRedirect">Sees every answer that redirects.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="HubFailure">It failed in a way that may pass.</exception>
    internal async Task<HttpResponseMessage> SendAsync(
        Uri address,
        RangeHeaderValue? range,
        EntityTagHeaderValue? ifRange,
        Action<HttpResponseMessage>? onRedirect,
        CancellationToken cancellationToken)
    {
        for (int redirects = 0; redirects <= MaxRedirects; redirects++)
        {
            HttpResponseMessage response = await SendOnceAsync(address, range, ifRange, cancellationToken).ConfigureAwait(false);
            if (!IsRedirect(response.StatusCode))
            {
                ThrowIfBusy(response);
                return response;
            }

            using (response)
            {
                onRedirect?.Invoke(response);
                address = RedirectTarget(response, address);
            }
        }

        throw new DiaHubException(DiaHubError.InvalidResponse, $"{Describe(address)}: more than {MaxRedirects} redirects.");
    }

    /// <summary>Reads from an answer's contents; no data for too long is a failure.</summary>
    /// <exception cref="HubFailure">The connection was cut or is silent.</exception>
    internal async ValueTask<int> ReadAsync(Stream stream, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(Settings.Options.StallTimeout);
        try
        {
            return await stream.ReadAsync(buffer, source.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Stalled(exception);
        }
        catch (Exception exception) when (exception is IOException or HttpRequestException)
        {
            throw new HubFailure("the connection was cut", innerException: exception);
        }
    }

    /// <summary>Turns an answer that says no into an exception that says what to do.</summary>
    internal void ThrowIfRefused(HttpResponseMessage response, HubSubject subject)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw HubRefusal.Describe(response, subject, Settings);
        }
    }

    internal bool IsHub(Uri address) =>
        Uri.Compare(address, Settings.Endpoint, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>An address without its query: signatures in it are as good as a token.</summary>
    internal static string Describe(Uri address) => address.GetLeftPart(UriPartial.Path);

    private async Task<HttpResponseMessage> SendOnceAsync(
        Uri address, RangeHeaderValue? range, EntityTagHeaderValue? ifRange, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Range = range;
        request.Headers.IfRange = range is not null && ifRange is not null ? new RangeConditionHeaderValue(ifRange) : null;
        if (Settings.Token is not null && IsHub(address))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", Settings.Token);
        }

        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        source.CancelAfter(Settings.Options.StallTimeout);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, source.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw Stalled(exception);
        }
        catch (HttpRequestException exception)
        {
            string reason = exception.InnerException?.Message ?? exception.Message;
            throw new HubFailure($"{address.Scheme}://{address.Authority} cannot be reached: {reason}", innerException: exception);
        }
    }

    private static bool IsRedirect(HttpStatusCode status) => status is
        HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or
        HttpStatusCode.PermanentRedirect;

    private static Uri RedirectTarget(HttpResponseMessage response, Uri address)
    {
        _ = Uri.TryCreate(address, response.Headers.Location, out Uri? target);
        bool isAllowed = target is not null &&
            (target.Scheme == Uri.UriSchemeHttps || (target.Scheme == Uri.UriSchemeHttp && address.Scheme == Uri.UriSchemeHttp));
        return isAllowed
            ? target!
            : throw new DiaHubException(
                DiaHubError.InvalidResponse,
                $"{Describe(address)} redirects to {(target is null ? "nowhere" : Describe(target))}, expected an address with {address.Scheme}.");
    }

    private static void ThrowIfBusy(HttpResponseMessage response)
    {
        if (response.StatusCode is not (HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout) && (int)response.StatusCode < 500)
        {
            return;
        }

        using (response)
        {
            string host = response.RequestMessage!.RequestUri!.Host;
            throw new HubFailure(
                string.Create(CultureInfo.InvariantCulture, $"{host} answers {(int)response.StatusCode}"), response.StatusCode, RetryAfter(response));
        }
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response)
    {
        TimeSpan? delay = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - DateTimeOffset.UtcNow,
            _ => TimeToReset(response),
        };
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    // The hub's own way to say it: RateLimit: "resolvers";r=0;t=55
    private static TimeSpan? TimeToReset(HttpResponseMessage response)
    {
        const string Parameter = "t=";
        string? seconds = response.StatusCode == HttpStatusCode.TooManyRequests && response.Headers.TryGetValues("RateLimit", out IEnumerable<string>? values)
            ? values.First().Split(';').FirstOrDefault(part => part.StartsWith(Parameter, StringComparison.Ordinal))?[Parameter.Length..]
            : null;
        return int.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? TimeSpan.FromSeconds(count) : null;
    }

    private HubFailure Stalled(Exception exception) => new(
        string.Create(CultureInfo.InvariantCulture, $"no data for {Settings.Options.StallTimeout.TotalSeconds} s"), innerException: exception);

    private async Task<byte[]> ReadAllAsync(HttpResponseMessage response, HubSubject subject, CancellationToken cancellationToken)
    {
        Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        using var contents = new MemoryStream();
        byte[] buffer = new byte[ReadSize];
        while (await ReadAsync(stream, buffer, cancellationToken).ConfigureAwait(false) is > 0 and int count)
        {
            if (contents.Length + count > MaxJsonBytes)
            {
                throw new DiaHubException(
                    DiaHubError.InvalidResponse, $"{subject}: {Settings.Endpoint} answers more than the {MaxJsonBytes} bytes that are read.");
            }

            contents.Write(buffer, 0, count);
        }

        return contents.ToArray();
    }

    // Link: <https://.../tree/main?cursor=...>; rel="next"
    private Uri? NextPage(HttpResponseMessage response, Uri address)
    {
        if (!response.Headers.TryGetValues("Link", out IEnumerable<string>? links) ||
            links.SelectMany(link => link.Split(',')).FirstOrDefault(link => link.Contains("rel=\"next\"", StringComparison.OrdinalIgnoreCase)) is not { } next)
        {
            return null;
        }

        int start = next.IndexOf('<', StringComparison.Ordinal) + 1;
        int end = next.IndexOf('>', StringComparison.Ordinal);
        return start > 0 && end > start && Uri.TryCreate(address, next[start..end], out Uri? page) && IsHub(page)
            ? page
            : throw new DiaHubException(DiaHubError.InvalidResponse, $"{Describe(address)}: the next page is '{next.Trim()}', expected one of {Settings.Endpoint}.");
    }
}
