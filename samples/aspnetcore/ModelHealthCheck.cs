using DiaNative;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SpeechServer;

/// <summary>Healthy is who has a model.</summary>
internal sealed class ModelHealthCheck(DiaModel model) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(HealthCheckResult.Healthy(model.Description));
}
