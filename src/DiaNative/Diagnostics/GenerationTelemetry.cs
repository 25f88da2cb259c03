using System.Diagnostics;

namespace DiaNative;

/// <summary>
/// Follows one generation from its prefill to its end, whoever drives it: all rows have ended, or the generator is disposed of.
/// </summary>
internal struct GenerationTelemetry
{
    private long _start;
    private int _frames;
    private int _state;

    /// <summary>Notes that the generation begins.</summary>
    internal void Begin()
    {
        if (Interlocked.CompareExchange(ref _state, State.Runs, State.NotBegun) == State.NotBegun)
        {
            _start = Stopwatch.GetTimestamp();
            Telemetry.GenerationBegins();
        }
    }

    /// <summary>Notes a step that began at <paramref name="start"/> and left <paramref name="frames"/> complete frames in all rows.</summary>
    internal void Step(long start, int frames)
    {
        _frames = frames;
        Telemetry.Stepped(Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Notes that the generation has ended. May be called twice, and from any thread.</summary>
    internal void End(double secondsPerFrame)
    {
        if (Interlocked.CompareExchange(ref _state, State.Ended, State.Runs) == State.Runs)
        {
            Telemetry.GenerationEnds();
            if (Telemetry.WatchesGenerations)
            {
                Telemetry.Generated(Stopwatch.GetElapsedTime(_start), _frames * secondsPerFrame);
            }
        }
    }

    private static class State
    {
        internal const int NotBegun = 0;
        internal const int Runs = 1;
        internal const int Ended = 2;
    }
}
