using System.Globalization;
using System.Net;

namespace DiaNative;

/// <summary>What the hub means when it says no: the status, and the header <c>X-Error-Code</c> that makes it precise.</summary>
internal static class HubRefusal
{
    internal static DiaHubException Describe(HttpResponseMessage response, HubSubject subject, HubSettings settings)
    {
        string code = response.Headers.TryGetValues("X-Error-Code", out IEnumerable<string>? codes) ? codes.First() : "";
        return (response.StatusCode, code) switch
        {
            (HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden, "GatedRepo") => new DiaHubException(
                DiaHubError.Gated,
                $"{subject.Repository} is gated: accept its terms at {settings.Address(subject.Repository)}, then " +
                (settings.Token is null ? "give a token of that account with HF_TOKEN or --token." : "try again; the token that was sent is of an account that has not.")),
            (HttpStatusCode.Unauthorized, not "RepoNotFound") when settings.Token is not null => new DiaHubException(
                DiaHubError.Unauthorized,
                $"{subject}: {settings.Endpoint.Host} refuses the token. Make a new one at {settings.Address("settings/tokens")}; a public repository needs none."),
            (HttpStatusCode.Unauthorized or HttpStatusCode.NotFound, "RepoNotFound" or "") => NoRepository(subject, settings),
            (HttpStatusCode.Unauthorized, _) => new DiaHubException(
                DiaHubError.Unauthorized, $"{subject}: {settings.Endpoint.Host} wants a token: give one with HF_TOKEN or --token."),
            (HttpStatusCode.Forbidden, _) => new DiaHubException(
                DiaHubError.Forbidden,
                $"{subject}: {settings.Endpoint.Host} forbids it. " +
                (settings.Token is null ? "Give a token that may read it with HF_TOKEN or --token." : "The token needs the right to read this repository.")),
            (HttpStatusCode.NotFound, "RevisionNotFound") => new DiaHubException(
                DiaHubError.RevisionNotFound,
                $"{subject.Repository} has no revision '{subject.Revision}'; its branches and tags are at {settings.Address(subject.Repository)}/tree/main."),
            (HttpStatusCode.NotFound, "EntryNotFound") => new DiaHubException(
                DiaHubError.InvalidResponse, $"{subject}: {settings.Endpoint.Host} lists this file and does not have it. Try again."),
            _ => new DiaHubException(
                DiaHubError.InvalidResponse,
                string.Create(
                    CultureInfo.InvariantCulture, $"{subject}: {HubClient.Describe(response.RequestMessage!.RequestUri!)} answers {(int)response.StatusCode}.")),
        };
    }

    // The hub does not tell strangers whether a private repository exists.
    private static DiaHubException NoRepository(HubSubject subject, HubSettings settings) => new(
        DiaHubError.RepositoryNotFound,
        $"There is no repository '{subject.Repository}' at {settings.Endpoint}, or it is private and " +
        (settings.Token is null ? "needs a token: give one with HF_TOKEN or --token." : "the token that was sent does not open it."));
}
