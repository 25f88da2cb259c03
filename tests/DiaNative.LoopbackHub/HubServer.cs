using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace DiaNative.LoopbackHub;

/// <summary>
/// Speaks the protocol of the Hugging Face hub on the loopback interface: the lists of files by pages, small files from the hub, large
/// ones by a redirect to a storage with another address, ranges, ETags and errors. What should go wrong is said per request.
/// </summary>
public sealed class HubServer : IAsyncDisposable
{
    private const string Storage = "/storage/";
    private const int ChunkSize = 64 * 1024;
    private const int SocketBufferSize = 16 * 1024;

    private readonly WebApplication _application;
    private readonly ConcurrentDictionary<string, ServedRepository> _repositories = new();
    private readonly Lock _line = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private TimeSpan _lineIsFreeAt;
    private long _bytesSent;

    private HubServer(WebApplication application) => _application = application;

    /// <summary>Address of the hub.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>Address of the storage that large files come from.</summary>
    public Uri StorageEndpoint { get; private set; } = null!;

    /// <summary>The one token that the hub accepts.</summary>
    public string Token { get; } = "hf_secretsecretsecret";

    /// <summary>Every request, in the order in which they came.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = new();

    /// <summary>Bytes of files that were handed to the network, or are about to be.</summary>
    public long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Bytes of files per second, for all connections together; 0 for no limit.</summary>
    public long BytesPerSecond { get; set; }

    /// <summary>Says what goes wrong with a request; null if nothing does.</summary>
    public Func<ReceivedRequest, Fault?> FaultOf { get; set; } = _ => null;

    /// <summary>Is told how many bytes the network has just taken, on any thread.</summary>
    public Action<long> OnSent { get; set; } = _ => { };

    public static async Task<HubServer> StartAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        // What the system buffers counts as sent, and is lost when the client is killed.
        builder.WebHost.UseSockets(options => options.CreateBoundListenSocket = endpoint =>
        {
            Socket socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            socket.SendBufferSize = SocketBufferSize;
            return socket;
        });
        builder.WebHost.ConfigureKestrel(options =>
        {
            options.Listen(IPAddress.Loopback, 0);
            options.Listen(IPAddress.Loopback, 0);
            options.Limits.MinResponseDataRate = null;
        });
        WebApplication application = builder.Build();
        var server = new HubServer(application);
        application.Run(server.ServeAsync);
        await application.StartAsync().ConfigureAwait(false);
        string[] addresses = [.. application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];
        server.Endpoint = new Uri(addresses[0]);
        server.StorageEndpoint = new Uri(addresses[1]);
        return server;
    }

    public ServedRepository Add(string name) => _repositories.GetOrAdd(name, key => new ServedRepository(key));

    public async ValueTask DisposeAsync()
    {
        // Connections that are meant to stall would hold it up.
        using var timeout = new CancellationTokenSource(TimeSpan.Zero);
        await _application.StopAsync(timeout.Token).ConfigureAwait(false);
        await _application.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ServeAsync(HttpContext context)
    {
        bool isStorage = context.Connection.LocalPort == StorageEndpoint.Port;
        var request = new ReceivedRequest(
            isStorage,
            Uri.UnescapeDataString(context.Request.GetEncodedPathAndQuery()),
            context.Request.Headers.Authorization.ToString(),
            context.Request.Headers.Range.ToString(),
            context.Request.Headers.IfRange.ToString());
        Requests.Enqueue(request);
        Fault fault = FaultOf(request) ?? new Fault();
        try
        {
            if (fault.Status is { } status)
            {
                context.Response.StatusCode = status;
                AddHeaders(context, fault);
            }
            else if (isStorage)
            {
                await ServeStorageAsync(context, request, fault).ConfigureAwait(false);
            }
            else
            {
                await ServeHubAsync(context, request, fault).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client is gone, or the server stops.
        }

        request.Status = context.Response.StatusCode;
    }

    private async Task ServeHubAsync(HttpContext context, ReceivedRequest request, Fault fault)
    {
        // Escaped slashes belong to a revision and separate nothing.
        string path = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        string[] parts = [.. path.Trim('/').Split('/').Select(Uri.UnescapeDataString)];
        switch (parts)
        {
            case ["api", "models", var owner, var name, "revision", var revision]:
                if (Find(context, $"{owner}/{name}", revision) is { } repository)
                {
                    var siblings = repository.Files.Keys.Select(file => new { rfilename = file });
                    await SendJsonAsync(context, fault, new { id = repository.Name, sha = repository.Commit, siblings }).ConfigureAwait(false);
                }

                break;
            case ["api", "models", var owner, var name, "tree", var revision]:
                if (Find(context, $"{owner}/{name}", revision) is { } listed)
                {
                    await SendTreeAsync(context, fault, listed).ConfigureAwait(false);
                }

                break;
            case [var owner, var name, "resolve", var revision, var file]:
                if (Find(context, $"{owner}/{name}", revision) is { } holder)
                {
                    await ServeFileAsync(context, request, fault, holder, file).ConfigureAwait(false);
                }

                break;
            default:
                Refuse(context, 404, "RepoNotFound");
                break;
        }
    }

    private ServedRepository? Find(HttpContext context, string name, string revision)
    {
        string authorization = context.Request.Headers.Authorization.ToString();
        bool isKnown = authorization == $"Bearer {Token}";
        if (authorization.Length > 0 && !isKnown)
        {
            Refuse(context, 401, "");
        }
        else if (!_repositories.TryGetValue(name, out ServedRepository? repository) || (repository.IsPrivate && !isKnown))
        {
            Refuse(context, isKnown ? 404 : 401, "RepoNotFound");
        }
        else if (repository.IsGated)
        {
            Refuse(context, isKnown ? 403 : 401, "GatedRepo");
        }
        else if (revision != repository.Commit && !repository.Revisions.Contains(revision))
        {
            Refuse(context, 404, "RevisionNotFound");
        }
        else
        {
            return repository;
        }

        return null;
    }

    private static void Refuse(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        if (code.Length > 0)
        {
            context.Response.Headers["X-Error-Code"] = code;
        }
    }

    private async Task SendTreeAsync(HttpContext context, Fault fault, ServedRepository repository)
    {
        int start = context.Request.Query.TryGetValue("cursor", out var cursor) ? int.Parse(cursor.ToString(), CultureInfo.InvariantCulture) : 0;
        ServedFile[] files = [.. repository.Files.Values.OrderBy(file => file.Name, StringComparer.Ordinal)];
        if (start + repository.PageSize < files.Length)
        {
            string next = string.Create(
                CultureInfo.InvariantCulture, $"{Endpoint}api/models/{repository.Name}/tree/{repository.Commit}?cursor={start + repository.PageSize}");
            context.Response.Headers.Link = $"<{next}>; rel=\"next\"";
        }

        await SendJsonAsync(context, fault, files.Skip(start).Take(repository.PageSize).Select(Entry)).ConfigureAwait(false);
    }

    private static object Entry(ServedFile file) => file.IsLarge
        ? new { type = "file", path = file.Name, oid = ServedFile.GitHash(file.Content), size = file.Size, lfs = new { oid = file.Hash, size = file.Size, pointerSize = 134 } }
        : new { type = "file", path = file.Name, oid = file.Hash, size = file.Size };

    private static async Task SendJsonAsync(HttpContext context, Fault fault, object value)
    {
        AddHeaders(context, fault);
        context.Response.ContentType = "application/json";
        await context.Response.Body.WriteAsync(fault.Body ?? JsonSerializer.SerializeToUtf8Bytes(value), context.RequestAborted).ConfigureAwait(false);
    }

    private async Task ServeFileAsync(HttpContext context, ReceivedRequest request, Fault fault, ServedRepository repository, string name)
    {
        if (!repository.Files.TryGetValue(name, out ServedFile? file))
        {
            Refuse(context, 404, "EntryNotFound");
            return;
        }

        IHeaderDictionary headers = context.Response.Headers;
        headers["X-Repo-Commit"] = repository.Commit;
        if (file.IsLarge)
        {
            headers["X-Linked-Size"] = file.Size.ToString(CultureInfo.InvariantCulture);
            headers["X-Linked-Etag"] = $"\"{file.Hash}\"";
            headers.Location = $"{StorageEndpoint.AbsoluteUri.TrimEnd('/')}{Storage}{repository.Name}/{Uri.EscapeDataString(name)}?signature=secret";
            context.Response.StatusCode = 302;
            AddHeaders(context, fault);
            return;
        }

        headers.ETag = $"\"{file.Hash}\"";
        await SendFileAsync(context, request, fault, file).ConfigureAwait(false);
    }

    private async Task ServeStorageAsync(HttpContext context, ReceivedRequest request, Fault fault)
    {
        string[] parts = context.Request.Path.Value![Storage.Length..].Split('/');
        ServedFile file = _repositories[$"{parts[0]}/{parts[1]}"].Files[parts[2]];
        context.Response.Headers.ETag = $"\"storage-{file.Hash[..8]}\"";
        await SendFileAsync(context, request, fault, file).ConfigureAwait(false);
    }

    private async Task SendFileAsync(HttpContext context, ReceivedRequest request, Fault fault, ServedFile file)
    {
        byte[] content = [.. file.Content];
        if (fault.DamageAt is { } damaged)
        {
            content[damaged] ^= 1;
        }

        int first = 0;
        int last = content.Length - 1;
        var range = context.Request.GetTypedHeaders().Range?.Ranges.Single();
        bool isCurrent = request.IfRange.Length == 0 || request.IfRange == context.Response.Headers.ETag;
        if (range is not null && isCurrent && !fault.IgnoreRange)
        {
            first = (int)range.From!.Value;
            last = (int)Math.Min(range.To ?? last, last);
            if (first > last)
            {
                context.Response.StatusCode = 416;
                return;
            }

            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {first}-{last}/{content.Length}");
        }

        context.Response.ContentLength = last - first + 1;
        AddHeaders(context, fault);
        for (int sent = 0; first + sent <= last;)
        {
            int count = Math.Min(ChunkSize, last + 1 - first - sent);
            count = Math.Min(count, Math.Min(fault.CutAfter - sent ?? count, fault.StallAfter - sent ?? count));
            if (count == 0)
            {
                // The server closes a connection on which less came than was announced.
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                await Task.Delay(fault.StallAfter is null ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(false);
                return;
            }

            // Counted before the client can see them: what it has was counted.
            request.AddSent(count);
            Interlocked.Add(ref _bytesSent, count);
            await context.Response.Body.WriteAsync(content.AsMemory(first + sent, count), context.RequestAborted).ConfigureAwait(false);
            sent += count;
            OnSent(count);
            await DelayAsync(count, context.RequestAborted).ConfigureAwait(false);
        }
    }

    // Each stretch of bytes takes its time on a line that all connections share.
    private Task DelayAsync(int bytes, CancellationToken cancellationToken)
    {
        if (BytesPerSecond == 0)
        {
            return Task.CompletedTask;
        }

        TimeSpan delay;
        lock (_line)
        {
            TimeSpan now = _clock.Elapsed;
            _lineIsFreeAt = (_lineIsFreeAt > now ? _lineIsFreeAt : now) + TimeSpan.FromSeconds((double)bytes / BytesPerSecond);
            delay = _lineIsFreeAt - now;
        }

        return Task.Delay(delay, cancellationToken);
    }

    private static void AddHeaders(HttpContext context, Fault fault)
    {
        foreach ((string name, string value) in fault.Headers)
        {
            context.Response.Headers[name] = value;
        }
    }
}
