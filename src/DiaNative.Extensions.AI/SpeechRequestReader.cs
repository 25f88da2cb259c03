using System.Globalization;
using Microsoft.Extensions.AI;

namespace DiaNative;

/// <summary>Translates what a request asks for, and refuses by name what Dia cannot do.</summary>
internal static class SpeechRequestReader
{
    internal const string SeedProperty = "seed";

    // Those of AudioBuffer.ChangeSpeed.
    private const float MinSpeed = 0.1f;
    private const float MaxSpeed = 5;

    /// <exception cref="NotSupportedException">The request asks for something that Dia cannot do.</exception>
    /// <exception cref="ArgumentException">A value is out of its range.</exception>
    internal static void Check(TextToSpeechOptions? options, string modelId)
    {
        if (options?.ModelId is { } model && model != modelId)
        {
            throw new NotSupportedException($"The model '{model}' is not loaded; this client has '{modelId}'.");
        }

        if (options?.Language is { } language && !language.StartsWith("en", StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException($"The language '{language}' is not offered; Dia speaks English (\"en\").");
        }

        if (options?.Pitch is { } pitch and not 1)
        {
            throw new NotSupportedException(
                string.Create(CultureInfo.InvariantCulture, $"The pitch cannot be changed; it must be 1 or left out, not {pitch}."));
        }

        if (options?.Speed is { } speed and not (>= MinSpeed and <= MaxSpeed))
        {
            throw new ArgumentException(
                string.Create(CultureInfo.InvariantCulture, $"Speed must be from {MinSpeed} to {MaxSpeed}, not {speed}."), nameof(options));
        }

        if (options?.Volume is { } volume and not (>= 0 and <= 1))
        {
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"Volume must be from 0 to 1, not {volume}."), nameof(options));
        }
    }

    /// <exception cref="NotSupportedException">The request asks for something that cannot be done piece by piece.</exception>
    internal static void CheckStreaming(TextToSpeechOptions? options)
    {
        if (options?.Speed is { } speed and not 1)
        {
            throw new NotSupportedException(string.Create(
                CultureInfo.InvariantCulture, $"The speed of a stream cannot be changed; it must be 1 or left out, not {speed}."));
        }
    }

    /// <summary>The voice that is asked for, or else that of the client.</summary>
    /// <exception cref="ArgumentException">There is no such voice.</exception>
    internal static Voice? Voice(TextToSpeechOptions? options, DiaTextToSpeechClientOptions client)
    {
        if ((options?.VoiceId ?? client.DefaultVoiceId) is not { } id)
        {
            return null;
        }

        return client.Voices.TryGetValue(id, out Voice? voice)
            ? voice
            : throw new ArgumentException(
                $"There is no voice '{id}'; the client has {(client.Voices.Count == 0 ? "none" : string.Join(", ", client.Voices.Keys))}.", nameof(options));
    }

    /// <summary>How to generate: the caller's own options where there are any, with the seed of the request.</summary>
    internal static GenerationOptions? Generation(TextToSpeechOptions? options, ITextToSpeechClient client, GenerationOptions? defaults)
    {
        object? raw = options?.RawRepresentationFactory?.Invoke(client);
        if (raw is not null and not GenerationOptions)
        {
            throw new ArgumentException(
                $"RawRepresentationFactory must give {nameof(GenerationOptions)} or nothing, not {raw.GetType()}.", nameof(options));
        }

        GenerationOptions? generation = raw as GenerationOptions ?? defaults;
        return options?.AdditionalProperties?.TryGetValue(SeedProperty, out object? seed) == true && seed is not null
            ? (generation ?? new GenerationOptions()) with { Seed = Seed(seed) }
            : generation;
    }

    // A request that came as JSON has another type of number.
    private static ulong Seed(object seed) =>
        ulong.TryParse(Convert.ToString(seed, CultureInfo.InvariantCulture), CultureInfo.InvariantCulture, out ulong value)
            ? value
            : throw new ArgumentException($"The additional property \"{SeedProperty}\" must be a whole number from 0 to {ulong.MaxValue}, not '{seed}'.");
}
