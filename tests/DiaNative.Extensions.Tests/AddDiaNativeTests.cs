using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace DiaNative.Extensions.Tests;

public sealed class AddDiaNativeTests
{
    [Fact]
    public void AddDiaNative_Path_SpeaksWithOneModel()
    {
        using ServiceProvider provider = new ServiceCollection().AddDiaNative(TinyModel.Path).BuildServiceProvider(validateScopes: true);

        DiaTextToSpeech tts = provider.GetRequiredService<DiaTextToSpeech>();

        Assert.NotEqual(0, tts.Speak(TinyModel.Text, TinyModel.Greedy).Audio.Samples.Length);
        Assert.Same(tts.Model, provider.GetRequiredService<DiaModel>());
        Assert.Same(tts.Model, provider.GetRequiredService<DiaForConditionalGeneration>().Model);
        Assert.Same(tts.Processor, provider.GetRequiredService<DiaProcessor>());
        Assert.Same(tts, provider.CreateScope().ServiceProvider.GetRequiredService<DiaTextToSpeech>());
    }

    [Fact]
    public void AddDiaNative_Options_ArriveAtTheModel()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddDiaNative(options => (options.ModelPath, options.MaxMemory, options.Threads, options.UseMemoryMap, options.LoadCodec) =
                (TinyModel.Path, 1L << 40, 3, false, false))
            .BuildServiceProvider();

        DiaModel model = provider.GetRequiredService<DiaModel>();

        Assert.Equal(1L << 40, model.Options.MaxMemory);
        Assert.Equal((3, false, false), (model.Options.Threads, model.Options.UseMemoryMap, model.Options.LoadCodec));
        Assert.Equal(1, provider.GetRequiredService<DiaProcessor>().Process(TinyModel.Text).Count);
        Assert.Throws<InvalidOperationException>(provider.GetRequiredService<DiaTextToSpeech>);
    }

    [Fact]
    public void Options_HaveWhatTheModelsOptionsHave() => Assert.Equal(
        typeof(DiaModelOptions).GetProperties().Select(property => (property.Name, property.PropertyType))
            .Where(property => property.Name != nameof(DiaModelOptions.LoggerFactory))
            .Append((nameof(DiaNativeOptions.ModelPath), typeof(string))).ToHashSet(),
        typeof(DiaNativeOptions).GetProperties().Select(property => (property.Name, property.PropertyType)).ToHashSet());

    [Fact]
    public void AddDiaNative_Section_IsBound()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddDiaNative(Section(("ModelPath", TinyModel.Path), ("Threads", "2"), ("UseMemoryMap", "false"), ("MaxConcurrentGenerations", "4"), ("Device", "CPU")))
            .BuildServiceProvider();

        DiaModelOptions options = provider.GetRequiredService<DiaModel>().Options;

        Assert.Equal((2, false, true, 4), (options.Threads, options.UseMemoryMap, options.LoadCodec, options.MaxConcurrentGenerations));
        Assert.Equal("CPU", options.Device);
    }

    [Theory]
    [InlineData("ModelPath", "missing.gguf", "there is no file")]
    [InlineData("ModelPath", "", "ModelPath is empty")]
    [InlineData("MaxMemory", "0", "MaxMemory must be at least 1, not 0.")]
    [InlineData("GpuLayerCount", "-1", "GpuLayerCount must be at least 0, not -1.")]
    [InlineData("Threads", "0", "Threads must be at least 1, not 0.")]
    [InlineData("MaxConcurrentGenerations", "-1", "MaxConcurrentGenerations must be at least 1, not -1.")]
    public async Task StartAsync_WrongOption_TellsWhat(string key, string value, string expected)
    {
        using IHost host = CreateHost((key, value));

        OptionsValidationException exception = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Threads", "many", "'Dia:Threads'")]
    [InlineData("Thraeds", "2", "'Thraeds'")]
    public async Task StartAsync_SectionThatIsNoOptions_TellsWhere(string key, string value, string expected)
    {
        using IHost host = CreateHost((key, value));

        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(() => host.StartAsync());

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StartAsync_RightOptions_LoadsNothing()
    {
        var logger = new RecordingProvider();
        using IHost host = CreateHost(logger, ("Threads", "1"));
        await host.StartAsync();

        Assert.DoesNotContain(logger.Messages, message => message.StartsWith("Loaded ", StringComparison.Ordinal));
        DiaTextToSpeech tts = host.Services.GetRequiredService<DiaTextToSpeech>();
        Assert.Single(logger.Messages, message => message.StartsWith("Loaded ", StringComparison.Ordinal));

        await host.StopAsync();
        host.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tts.Speak(TinyModel.Text));
    }

    [Fact]
    public void AddKeyedDiaNative_SeveralModels_AreApart()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddKeyedDiaNative("one", options => (options.ModelPath, options.Threads) = (TinyModel.Path, 1))
            .AddKeyedDiaNative("two", Section(("ModelPath", TinyModel.Path), ("Threads", "2")))
            .BuildServiceProvider(validateScopes: true);

        DiaTextToSpeech one = provider.GetRequiredKeyedService<DiaTextToSpeech>("one");
        DiaTextToSpeech two = provider.GetRequiredKeyedService<DiaTextToSpeech>("two");

        Assert.Equal((1, 2), (one.Model.Options.Threads, two.Model.Options.Threads));
        Assert.Same(one.Model, provider.GetRequiredKeyedService<DiaForConditionalGeneration>("one").Model);
        Assert.Same(two.Processor, provider.GetRequiredKeyedService<DiaProcessor>("two"));
        Assert.Null(provider.GetService<DiaModel>());
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddKeyedDiaNative("", _ => { }));
    }

    [Fact]
    public void AddDiaNative_Twice_RegistersOnceAndConfiguresInOrder()
    {
        IServiceCollection services = new ServiceCollection().AddDiaNative(TinyModel.Path);
        int count = services.Count(IsOurs);
        services.AddDiaNative(options => options.Threads = 2);
        using ServiceProvider provider = services.BuildServiceProvider();

        Assert.Equal(count, services.Count(IsOurs));
        Assert.Equal((TinyModel.Path, 2), (provider.GetRequiredService<DiaModel>().Path, provider.GetRequiredService<DiaModel>().Options.Threads));

        static bool IsOurs(ServiceDescriptor descriptor) => descriptor.ServiceType.Namespace == "DiaNative";
    }

    // The last value of a key counts.
    private static IConfiguration Section(params (string Key, string Value)[] values)
    {
        IConfigurationSection section = new ConfigurationManager().GetSection("Dia");
        foreach ((string key, string value) in values)
        {
            section[key] = value;
        }

        return section;
    }

    private static IHost CreateHost(params (string Key, string Value)[] values) => CreateHost(new RecordingProvider(), values);

    private static IHost CreateHost(RecordingProvider logger, params (string Key, string Value)[] values)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(logger);
        builder.Services.AddDiaNative(Section([("ModelPath", TinyModel.Path), .. values]));
        return builder.Build();
    }

    private sealed class RecordingProvider : ILoggerProvider, ILogger
    {
        public List<string> Messages { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
