using System.Diagnostics.CodeAnalysis;
using DiaNative;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers a model and what speaks with it as singletons.</summary>
/// <remarks>
/// <para>
/// Registered are <see cref="DiaModel"/>, <see cref="DiaProcessor"/>, <see cref="DiaForConditionalGeneration"/> and
/// <see cref="DiaTextToSpeech"/>. All of them share one model. It is loaded when the first of them is resolved, logs to the container's
/// <see cref="ILoggerFactory"/> and is disposed of with the container.
/// </para>
/// <para>
/// The options are validated when a host starts, and at the latest when the model is loaded: an <see cref="OptionsValidationException"/>
/// tells all that is wrong with them.
/// </para>
/// </remarks>
public static class DiaNativeServiceCollectionExtensions
{
    private const string BindingRequiresReflection = "A configuration section is bound by reflection; use an overload without one.";

    /// <summary>Registers the model of a file.</summary>
    /// <param name="services">The services.</param>
    /// <param name="modelPath">The GGUF file.</param>
    /// <returns>The services, for more calls.</returns>
    public static IServiceCollection AddDiaNative(this IServiceCollection services, string modelPath)
    {
        ArgumentNullException.ThrowIfNull(modelPath);
        return services.AddDiaNative(options => options.ModelPath = modelPath);
    }

    /// <summary>Registers a model.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options, at least <see cref="DiaNativeOptions.ModelPath"/>.</param>
    /// <returns>The services, for more calls.</returns>
    public static IServiceCollection AddDiaNative(this IServiceCollection services, Action<DiaNativeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(services, Options.Options.DefaultName).Configure(configure);
        services.TryAddSingleton(provider => LoadModel(provider, Options.Options.DefaultName));
        services.TryAddSingleton(provider => new DiaForConditionalGeneration(provider.GetRequiredService<DiaModel>()));
        services.TryAddSingleton(provider => new DiaTextToSpeech(provider.GetRequiredService<DiaModel>()));
        services.TryAddSingleton(provider => ProcessorOf(
            provider.GetRequiredService<DiaModel>(), provider.GetRequiredService<DiaTextToSpeech>));
        return services;
    }

    /// <summary>Registers a model whose options are a section of the configuration. A key that is no option is an error.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">The section, for example <c>builder.Configuration.GetSection("Dia")</c>.</param>
    /// <returns>The services, for more calls.</returns>
    [RequiresUnreferencedCode(BindingRequiresReflection)]
    [RequiresDynamicCode(BindingRequiresReflection)]
    public static IServiceCollection AddDiaNative(this IServiceCollection services, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddDiaNative(options => configuration.Bind(options, RefuseUnknownKeys));
    }

    /// <summary>Registers one of several models: what is registered is resolved with its key.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key of the services, and the name of the options.</param>
    /// <param name="configure">Sets the options, at least <see cref="DiaNativeOptions.ModelPath"/>.</param>
    /// <returns>The services, for more calls.</returns>
    /// <exception cref="ArgumentException"><paramref name="key"/> is empty.</exception>
    public static IServiceCollection AddKeyedDiaNative(this IServiceCollection services, string key, Action<DiaNativeOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(key);
        ArgumentNullException.ThrowIfNull(configure);
        AddOptions(services, key).Configure(configure);
        services.TryAddKeyedSingleton(key, (provider, _) => LoadModel(provider, key));
        services.TryAddKeyedSingleton(key, (provider, _) => new DiaForConditionalGeneration(provider.GetRequiredKeyedService<DiaModel>(key)));
        services.TryAddKeyedSingleton(key, (provider, _) => new DiaTextToSpeech(provider.GetRequiredKeyedService<DiaModel>(key)));
        services.TryAddKeyedSingleton(key, (provider, _) => ProcessorOf(
            provider.GetRequiredKeyedService<DiaModel>(key), () => provider.GetRequiredKeyedService<DiaTextToSpeech>(key)));
        return services;
    }

    /// <summary>Registers one of several models, whose options are a section of the configuration. A key that is no option is an error.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key of the services, and the name of the options.</param>
    /// <param name="configuration">The section.</param>
    /// <returns>The services, for more calls.</returns>
    /// <exception cref="ArgumentException"><paramref name="key"/> is empty.</exception>
    [RequiresUnreferencedCode(BindingRequiresReflection)]
    [RequiresDynamicCode(BindingRequiresReflection)]
    public static IServiceCollection AddKeyedDiaNative(this IServiceCollection services, string key, IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return services.AddKeyedDiaNative(key, options => configuration.Bind(options, RefuseUnknownKeys));
    }

    private static OptionsBuilder<DiaNativeOptions> AddOptions(IServiceCollection services, string name)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DiaNativeOptions>, ValidateDiaNativeOptions>());
        return services.AddOptions<DiaNativeOptions>(name).ValidateOnStart();
    }

    private static void RefuseUnknownKeys(BinderOptions options) => options.ErrorOnUnknownConfiguration = true;

    private static DiaModel LoadModel(IServiceProvider provider, string name)
    {
        DiaNativeOptions options = provider.GetRequiredService<IOptionsMonitor<DiaNativeOptions>>().Get(name);
        return DiaModel.Load(options.ModelPath, options.ToModelOptions() with { LoggerFactory = provider.GetService<ILoggerFactory>() });
    }

    // One codec serves both, if there is one.
    private static DiaProcessor ProcessorOf(DiaModel model, Func<DiaTextToSpeech> speech) =>
        model.CodecConfig is null ? new DiaProcessor(model) : speech().Processor;
}
