using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace DiaNative.Tests;

/// <summary>Listeners are those of the process, so nothing else runs meanwhile.</summary>
[Collection(nameof(LeakTests))]
public sealed class DiaDiagnosticsTests
{
    [Fact]
    public void Speak_Listened_ReportsItsActivitiesWithTheirTags()
    {
        using var activities = new RecordedActivities();
        using DiaTextToSpeech tts = DiaTextToSpeech.Create(GoldenSet.Tiny.Model, new DiaModelOptions { Threads = 1 });

        tts.SpeakAll(["[S1] Hi.", "[S2] Not today."], TinyModel.Greedy with { Seed = 7 });

        Assert.Equal(
            ["dianative.decode", "dianative.decode", "dianative.generate", "dianative.load", "dianative.speak"], activities.Names.Order());
        Activity load = activities["dianative.load"];
        Assert.Equal(Path.GetFileName(GoldenSet.Tiny.Model), load.GetTagItem("dianative.model.file"));
        Assert.Equal(tts.Model.SizeInBytes, load.GetTagItem("dianative.model.size"));
        Activity speak = activities["dianative.speak"];
        Activity generate = activities["dianative.generate"];
        Assert.Equal(speak.SpanId, generate.ParentSpanId);
        Assert.Equal(2, generate.GetTagItem("dianative.generation.rows"));
        Assert.Equal(40, generate.GetTagItem("dianative.generation.steps"));
        Assert.Equal(["7", "7"], Assert.IsType<string[]>(generate.GetTagItem("dianative.generation.seeds")));
        Assert.All(Assert.IsType<string[]>(generate.GetTagItem("dianative.generation.finish_reasons")), reason => Assert.NotEmpty(reason));
        int frames = Assert.IsType<int>(generate.GetTagItem("dianative.frames"));
        Assert.Equal(frames * 512 / 44100.0, Assert.IsType<double>(speak.GetTagItem("dianative.audio.duration")), 6);
    }

    [Fact]
    public void Load_Fails_IsAnError()
    {
        using var activities = new RecordedActivities();
        using var metrics = new RecordedMetrics();

        Assert.Throws<FileNotFoundException>(() => DiaModel.Load("missing.gguf"));

        Activity load = activities["dianative.load"];
        Assert.Equal((ActivityStatusCode.Error, typeof(FileNotFoundException).FullName), (load.Status, load.GetTagItem("error.type")));
        Assert.Equal(
            "dianative.errors = 1 {dianative.operation: dianative.load, error.type: System.IO.FileNotFoundException}",
            Assert.Single(metrics.Lines, line => line.StartsWith("dianative.errors", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Generate_Cancelled_IsNoError()
    {
        using DiaModel model = TinyModel.Load();
        using var activities = new RecordedActivities();
        using var metrics = new RecordedMetrics();
        using var source = new CancellationTokenSource();
        using var processor = new DiaProcessor(model);
        var dia = new DiaForConditionalGeneration(model);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dia.GenerateAsync(
            processor.Process(TinyModel.Text), TinyModel.Endless, new ImmediateProgress<GenerationProgress>(_ => source.Cancel()), source.Token));

        Activity generate = activities["dianative.generate"];
        Assert.Equal((ActivityStatusCode.Unset, true), (generate.Status, generate.GetTagItem("dianative.cancelled")));
        Assert.DoesNotContain(metrics.Lines, line => line.StartsWith("dianative.errors", StringComparison.Ordinal));
        Assert.Equal(0, metrics.Active);
    }

    [Fact]
    public void Generate_Listened_MeasuresStepsAudioAndSpeed()
    {
        using DiaModel model = TinyModel.Load();
        using var metrics = new RecordedMetrics();
        using var generator = new DiaGenerator(model, TinyModel.Greedy);
        int row = generator.Add("[S1] Hi.");
        generator.Prefill();

        int steps = 1;
        for (; generator.Step() > 0; steps++)
        {
            Assert.Equal(1, metrics.Active);
        }

        Assert.Equal(0, metrics.Active);
        Assert.Equal(steps, metrics.Count("dianative.generation.step.duration"));
        double seconds = generator.GetRow(row).Frames * 512 / 44100.0;
        Assert.Equal(seconds, metrics.Sum("dianative.audio.generated"), 6);
        Assert.Equal(1, metrics.Count("dianative.generation.duration"));
        Assert.Equal(
            seconds, metrics.Sum("dianative.generation.real_time_factor") * metrics.Sum("dianative.generation.duration"), 6);
    }

    [Fact]
    public void Dispose_GenerationThatRuns_EndsIt()
    {
        using DiaModel model = TinyModel.Load();
        using var metrics = new RecordedMetrics();
        var generator = new DiaGenerator(model, TinyModel.Endless);
        generator.Add("[S1] Hi.");
        generator.Prefill();
        generator.Step();
        generator.Dispose();
        generator.Dispose();

        Assert.Equal(0, metrics.Active);
        Assert.Equal(1, metrics.Count("dianative.generation.duration"));
    }

    [Fact]
    public void Everything_NobodyListens_AllocatesNothing()
    {
        Assert.False(Telemetry.WatchesGenerations);
        Run();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Run();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Run()
        {
            using Activity? activity = Telemetry.Start(Telemetry.Generate)?.SetTag(Telemetry.Rows, 1);
            var generation = default(GenerationTelemetry);
            generation.Begin();
            generation.Step(Stopwatch.GetTimestamp(), frames: 1);
            generation.End(secondsPerFrame: 1);
        }
    }

    [Fact]
    public void Documentation_ListsEveryActivityInstrumentAndTag()
    {
        string page = File.ReadAllText(RepositoryLayout.PathTo("docs", "observability.md"));
        using var metrics = new RecordedMetrics();
        string[] names =
        [
            DiaDiagnostics.ActivitySourceName, DiaDiagnostics.MeterName, .. metrics.Instruments.Select(instrument => instrument.Name),
            .. typeof(Telemetry).GetFields(System.Reflection.BindingFlags.Static | System.Reflection.BindingFlags.NonPublic)
                .Where(field => field.IsLiteral).Select(field => (string)field.GetRawConstantValue()!),
        ];

        Assert.Equal(6, metrics.Instruments.Count);
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
        Assert.All(metrics.Instruments, instrument => Assert.Contains($"| `{instrument.Name}` | {Kind(instrument)} | {instrument.Unit} |", page, StringComparison.Ordinal));
    }

    private static string Kind(Instrument instrument) => instrument.GetType().Name switch
    {
        var name when name.StartsWith("ObservableUpDownCounter", StringComparison.Ordinal) => "up-down counter",
        var name when name.StartsWith("Histogram", StringComparison.Ordinal) => "histogram",
        _ => "counter",
    };

    private sealed class RecordedActivities : IDisposable
    {
        private readonly ConcurrentQueue<Activity> _stopped = new();
        private readonly ActivityListener _listener;

        public RecordedActivities()
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == DiaDiagnostics.ActivitySourceName,
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = _stopped.Enqueue,
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public IEnumerable<string> Names => _stopped.Select(activity => activity.OperationName);

        public Activity this[string name] => Assert.Single(_stopped, activity => activity.OperationName == name);

        public void Dispose() => _listener.Dispose();
    }

    private sealed class RecordedMetrics : IDisposable
    {
        private readonly ConcurrentQueue<(string Name, double Value, string Tags)> _measurements = new();
        private readonly MeterListener _listener = new();

        public RecordedMetrics()
        {
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == DiaDiagnostics.MeterName)
                {
                    Instruments.Add(instrument);
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.Start();
        }

        public List<Instrument> Instruments { get; } = [];

        public IEnumerable<string> Lines => _measurements.Select(entry => $"{entry.Name} = {entry.Value} {{{entry.Tags}}}");

        public int Count(string name) => _measurements.Count(entry => entry.Name == name);

        public double Sum(string name) => _measurements.Where(entry => entry.Name == name).Sum(entry => entry.Value);

        public double Active
        {
            get
            {
                _listener.RecordObservableInstruments();
                return _measurements.Last(entry => entry.Name == "dianative.generation.active").Value;
            }
        }

        public void Dispose() => _listener.Dispose();

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            _measurements.Enqueue((instrument.Name, value, string.Join(", ", tags.ToArray().Select(tag => $"{tag.Key}: {tag.Value}"))));
    }
}
