using System.Globalization;
using System.Net;

namespace DiaNative;

/// <summary>
/// Decides after a <see cref="HubFailure"/> whether and when to try again. Failures count in a row: a long download over a bad line
/// goes on as long as it gets anywhere.
/// </summary>
internal sealed class HubRetry(HubSettings settings, string what)
{
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(30);

    // A server that asks for more has a reason that the user should know.
    private static readonly TimeSpan s_longestRetryAfter = TimeSpan.FromMinutes(5);

    private int _failures;

    /// <summary>Runs an attempt until it succeeds or there is no point in going on.</summary>
    /// <exception cref="DiaHubException">It kept failing.</exception>
    internal async Task<T> RunAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (HubFailure failure)
            {
                await WaitAsync(failure, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Data has arrived.</summary>
    internal void Reset() => _failures = 0;

    private async Task WaitAsync(HubFailure failure, CancellationToken cancellationToken)
    {
        if (_failures >= settings.Options.MaxRetries || failure.RetryAfter > s_longestRetryAfter)
        {
            throw GiveUp(failure);
        }

        TimeSpan delay = failure.RetryAfter ?? Backoff(settings.Options.RetryDelay, _failures);
        _failures++;
        Log.HubRetry(settings.Logger, what, failure.Message, _failures, settings.Options.MaxRetries, delay);
        await Task.Delay(delay, cancellationToken).ConfigureAwait(false);
    }

    // Half of it is drawn, so that those who were cut off together do not come back together.
    private static TimeSpan Backoff(TimeSpan first, int failures)
    {
        TimeSpan full = TimeSpan.FromTicks((long)Math.Min(first.Ticks * Math.Pow(2, failures), s_longestDelay.Ticks));
#pragma warning disable CA5394 // Nothing secret is drawn here.
        return full * (0.5 + (0.5 * Random.Shared.NextDouble()));
#pragma warning restore CA5394
    }

    private DiaHubException GiveUp(HubFailure failure)
    {
        string attempts = _failures == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" after {_failures + 1} attempts");
        return failure.Status == HttpStatusCode.TooManyRequests
            ? new DiaHubException(
                DiaHubError.RateLimited,
                $"{what}: {settings.Endpoint.Host} asks for fewer requests{Wait(failure.RetryAfter)}. Try again later; a token (HF_TOKEN) raises the limit.",
                failure)
            : new DiaHubException(
                DiaHubError.Unavailable,
                $"{what}: {failure.Message}{attempts}. What has arrived is kept: the same call goes on from there.",
                failure);
    }

    private static string Wait(TimeSpan? delay) =>
        delay is null ? "" : string.Create(CultureInfo.InvariantCulture, $" for {delay.Value.TotalSeconds:F0} s");
}
