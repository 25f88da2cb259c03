using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace DiaNative;

/// <summary>
/// Where a file's bytes come from: the hub itself for small files, for large ones the storage that it redirects to. The redirect is
/// followed once and its target kept, until the storage does not accept its signature any more.
/// </summary>
internal sealed class HubSource(HubClient client, HubSubject subject, HubFile file, string commit)
{
    private readonly Uri _address = client.Settings.Address($"{subject.Repository}/resolve/{commit}/{Uri.EscapeDataString(file.Name)}");

    private volatile Uri? _storage;
    private volatile EntityTagHeaderValue? _version;

    internal HubSubject Subject => subject;

    /// <summary>Opens the file from <paramref name="first"/> to <paramref name="last"/>, or all of it without a range.</summary>
    /// <returns>The answer: 206 with the range, or 200 with the whole file.</returns>
    /// <exception cref="HubFailure">It failed in a way that may pass.</exception>
    /// <exception cref="DiaHubException">The hub refuses, or has another file.</exception>
    internal async Task<HttpResponseMessage> OpenAsync(long first, long last, bool whole, CancellationToken cancellationToken)
    {
        RangeHeaderValue? range = whole ? null : new RangeHeaderValue(first, last);
        Uri address = _storage ?? _address;
        HttpResponseMessage response = await client.SendAsync(address, range, _version, CheckIdentity, cancellationToken).ConfigureAwait(false);
        try
        {
            Uri final = response.RequestMessage!.RequestUri!;
            if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                throw new RangeIgnoredException();
            }

            if (!response.IsSuccessStatusCode && !client.IsHub(final))
            {
                // An expired signature: the hub gives a new one.
                _storage = null;
                throw new HubFailure(
                    string.Create(CultureInfo.InvariantCulture, $"{final.Host} answers {(int)response.StatusCode}"), response.StatusCode);
            }

            client.ThrowIfRefused(response, subject);
            CheckIdentity(response);
            CheckLength(response, first, last);
            _storage = client.IsHub(final) ? null : final;
            _version ??= response.Headers.ETag is { IsWeak: false } tag ? tag : null;
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    // What the hub says about a file beside the redirect or the contents must be what it listed.
    private void CheckIdentity(HttpResponseMessage response)
    {
        if (!client.IsHub(response.RequestMessage!.RequestUri!))
        {
            return;
        }

        Check(response, "X-Repo-Commit", commit);
        Check(response, "X-Linked-Size", file.Size.ToString(CultureInfo.InvariantCulture));
        Check(response, "X-Linked-Etag", file.BlobId);
    }

    private void Check(HttpResponseMessage response, string header, string expected)
    {
        if (response.Headers.TryGetValues(header, out IEnumerable<string>? values) && values.First().Trim('"') is { } found && found != expected)
        {
            throw new DiaHubException(DiaHubError.HashMismatch, $"{subject}: {header} is '{found}', expected '{expected}'. Try again.");
        }
    }

    private void CheckLength(HttpResponseMessage response, long first, long last)
    {
        HttpContentHeaders headers = response.Content.Headers;
        if (headers.ContentEncoding.Count > 0)
        {
            throw new DiaHubException(DiaHubError.InvalidResponse, $"{subject} comes as {string.Join(", ", headers.ContentEncoding)}, expected no encoding.");
        }

        if (response.StatusCode == HttpStatusCode.PartialContent)
        {
            if (headers.ContentRange is not { } range || range.From != first || range.To != last || (range.Length ?? file.Size) != file.Size)
            {
                throw new DiaHubException(
                    DiaHubError.InvalidResponse,
                    $"{subject}: asked for the bytes {first} to {last} of {file.Size}, the server sends '{headers.ContentRange}'.");
            }
        }
        else if (response.StatusCode != HttpStatusCode.OK || (headers.ContentLength ?? file.Size) != file.Size)
        {
            throw new DiaHubException(
                DiaHubError.InvalidResponse,
                $"{subject}: the server sends {headers.ContentLength} bytes with status {(int)response.StatusCode}, expected {file.Size}.");
        }
    }
}
