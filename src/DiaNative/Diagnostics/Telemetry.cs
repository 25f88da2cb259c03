using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Reflection;

namespace DiaNative;

/// <summary>
/// The activities and instruments of this library, named as OpenTelemetry names such. docs/observability.md lists them. Nothing here
/// allocates while nobody listens.
/// </summary>
internal static class Telemetry
{
    internal const string Load = "dianative.load";
    internal const string Speak = "dianative.speak";
    internal const string Generate = "dianative.generate";
    internal const string Encode = "dianative.encode";
    internal const string Decode = "dianative.decode";

    internal const string ModelDescription = "dianative.model.description";
    internal const string ModelFile = "dianative.model.file";
    internal const string ModelSize = "dianative.model.size";
    internal const string Rows = "dianative.generation.rows";
    internal const string Steps = "dianative.generation.steps";
    internal const string FinishReasons = "dianative.generation.finish_reasons";
    internal const string Seeds = "dianative.generation.seeds";
    internal const string Frames = "dianative.frames";
    internal const string AudioDuration = "dianative.audio.duration";
    internal const string Cancelled = "dianative.cancelled";

    private const string Operation = "dianative.operation";
    private const string ErrorType = "error.type";

    private static readonly string? s_version =
        typeof(Telemetry).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;

    private static readonly ActivitySource s_activities = new(DiaDiagnostics.ActivitySourceName, s_version);
    private static readonly Meter s_meter = new(DiaDiagnostics.MeterName, s_version);

    private static readonly Counter<long> s_errors = s_meter.CreateCounter<long>(
        "dianative.errors", "{error}", "Calls that failed, cancelled ones not counted.");

    private static readonly Counter<double> s_audio = s_meter.CreateCounter<double>(
        "dianative.audio.generated", "s", "Audio that was generated.");

    private static readonly Histogram<double> s_stepDuration = s_meter.CreateHistogram<double>(
        "dianative.generation.step.duration", "s", "Time of one step, which chooses one position of tokens for every row.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1] });

    private static readonly Histogram<double> s_generationDuration = s_meter.CreateHistogram<double>(
        "dianative.generation.duration", "s", "Time of a generation.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250] });

    private static readonly Histogram<double> s_realTimeFactor = s_meter.CreateHistogram<double>(
        "dianative.generation.real_time_factor", "1", "Seconds of audio that a generation made per second of time.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 25] });

    private static int s_activeGenerations;

#pragma warning disable IDE0052 // It is read by who listens.
    private static readonly ObservableUpDownCounter<int> s_active = s_meter.CreateObservableUpDownCounter(
        "dianative.generation.active", static () => Volatile.Read(ref s_activeGenerations), "{generation}", "Generations that run.");
#pragma warning restore IDE0052

    /// <summary>Whether somebody wants to know how a generation went.</summary>
    internal static bool WatchesGenerations =>
        s_stepDuration.Enabled || s_generationDuration.Enabled || s_realTimeFactor.Enabled || s_audio.Enabled;

    /// <summary>Begins an activity, if somebody listens.</summary>
    internal static Activity? Start(string name) => s_activities.StartActivity(name);

    /// <summary>
    /// Notes that an operation failed, or was cancelled, which is no error. To be used as the filter of a <c>catch</c>, which it never lets
    /// catch.
    /// </summary>
    internal static bool Failed(Activity? activity, string operation, Exception exception)
    {
        if (exception is OperationCanceledException)
        {
            activity?.SetTag(Cancelled, true);
            return false;
        }

        string type = exception.GetType().FullName ?? exception.GetType().Name;
        activity?.SetTag(ErrorType, type).SetStatus(ActivityStatusCode.Error, exception.Message);
        if (s_errors.Enabled)
        {
            s_errors.Add(1, new KeyValuePair<string, object?>(Operation, operation), new KeyValuePair<string, object?>(ErrorType, type));
        }

        return false;
    }

    internal static void GenerationBegins() => Interlocked.Increment(ref s_activeGenerations);

    internal static void GenerationEnds() => Interlocked.Decrement(ref s_activeGenerations);

    internal static void Stepped(TimeSpan duration) => s_stepDuration.Record(duration.TotalSeconds);

    /// <summary>Notes how a generation went.</summary>
    internal static void Generated(TimeSpan duration, double audioSeconds)
    {
        s_generationDuration.Record(duration.TotalSeconds);
        s_audio.Add(audioSeconds);
        if (duration > TimeSpan.Zero)
        {
            s_realTimeFactor.Record(audioSeconds / duration.TotalSeconds);
        }
    }
}
