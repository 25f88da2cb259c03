using System.Diagnostics.CodeAnalysis;
using DiaNative;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers clients of Microsoft.Extensions.AI.</summary>
[Experimental("MEAI001")]
public static class DiaTextToSpeechClientServiceCollectionExtensions
{
    /// <summary>Registers an <see cref="ITextToSpeechClient"/> for the <see cref="DiaTextToSpeech"/> that is registered.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">What to do where a request says nothing; <see langword="null"/> for the defaults.</param>
    /// <returns>The services, for more calls.</returns>
    public static IServiceCollection AddDiaTextToSpeechClient(this IServiceCollection services, DiaTextToSpeechClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddSingleton<ITextToSpeechClient>(provider =>
            new DiaTextToSpeechClient(provider.GetRequiredService<DiaTextToSpeech>(), options, leaveOpen: true));
        return services;
    }

    /// <summary>Registers an <see cref="ITextToSpeechClient"/> for the <see cref="DiaTextToSpeech"/> that is registered with the same key.</summary>
    /// <param name="services">The services.</param>
    /// <param name="key">The key of both.</param>
    /// <param name="options">What to do where a request says nothing; <see langword="null"/> for the defaults.</param>
    /// <returns>The services, for more calls.</returns>
    public static IServiceCollection AddKeyedDiaTextToSpeechClient(
        this IServiceCollection services, object? key, DiaTextToSpeechClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.TryAddKeyedSingleton<ITextToSpeechClient>(key, (provider, _) =>
            new DiaTextToSpeechClient(provider.GetRequiredKeyedService<DiaTextToSpeech>(key), options, leaveOpen: true));
        return services;
    }
}
