namespace DiaNative;

/// <summary>
/// The names under which this library reports activities (traces) and instruments (metrics), for OpenTelemetry or any listener of
/// <see cref="System.Diagnostics"/>. They cost nothing while nobody listens. No text and no audio is reported.
/// </summary>
/// <example>
/// <code>
/// services.AddOpenTelemetry()
///     .WithTracing(tracing => tracing.AddSource(DiaDiagnostics.ActivitySourceName))
///     .WithMetrics(metrics => metrics.AddMeter(DiaDiagnostics.MeterName));
/// </code>
/// </example>
public static class DiaDiagnostics
{
    /// <summary>Name of the <see cref="System.Diagnostics.ActivitySource"/>.</summary>
    public const string ActivitySourceName = "DiaNative";

    /// <summary>Name of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string MeterName = "DiaNative";
}
