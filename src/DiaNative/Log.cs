using Microsoft.Extensions.Logging;

namespace DiaNative;

/// <summary>Everything that this library logs. Texts are logged at Trace only.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Loaded {Path}: {Description}, {SizeInBytes} bytes, in {Elapsed}")]
    internal static partial void ModelLoaded(ILogger logger, string path, string description, long sizeInBytes, TimeSpan elapsed);

    [LoggerMessage(2, LogLevel.Information, "Converted {ModelDirectory} to {OutputPath}")]
    internal static partial void Converted(ILogger logger, string modelDirectory, string outputPath);

    [LoggerMessage(30, LogLevel.Information, "Quantized {InputPath} to {OutputPath}")]
    internal static partial void Quantized(ILogger logger, string inputPath, string outputPath);

    [LoggerMessage(3, LogLevel.Debug, "Generating {Rows} row(s), at most {MaxSteps} steps")]
    internal static partial void GenerationStarted(ILogger logger, int rows, int maxSteps);

    [LoggerMessage(
        4,
        LogLevel.Information,
        "Generated {Frames} frames in {Steps} steps and {Elapsed}: {RealTimeFactor:F2} seconds of audio per second")]
    internal static partial void GenerationFinished(ILogger logger, int frames, int steps, TimeSpan elapsed, double realTimeFactor);

    [LoggerMessage(5, LogLevel.Debug, "Generation was cancelled after {Steps} steps")]
    internal static partial void GenerationCancelled(ILogger logger, int steps);

    [LoggerMessage(
        6,
        LogLevel.Warning,
        "Temperature {Temperature} is below 1, where Dia tends to noise; ClampTemperature raises it to 1, as the reference does")]
    internal static partial void LowTemperature(ILogger logger, float temperature);

    [LoggerMessage(7, LogLevel.Debug, "Decoded {Frames} frames in {Elapsed}")]
    internal static partial void AudioDecoded(ILogger logger, int frames, TimeSpan elapsed);

    [LoggerMessage(10, LogLevel.Debug, "Encoded {Frames} frames in {Elapsed}")]
    internal static partial void AudioEncoded(ILogger logger, int frames, TimeSpan elapsed);

    [LoggerMessage(8, LogLevel.Trace, "Speaking: {Text}")]
    internal static partial void Speaking(ILogger logger, string text);

    [LoggerMessage(10, LogLevel.Information, "Downloading {Repository} at {Commit}: {Files} files, {Bytes} bytes, of which {Present} are in {Cache}")]
    internal static partial void HubDownloading(ILogger logger, string repository, string commit, int files, long bytes, long present, string cache);

    [LoggerMessage(11, LogLevel.Warning, "{What}: {Failure}; retry {Number} of {MaxRetries} in {Delay}")]
    internal static partial void HubRetry(ILogger logger, string what, string failure, int number, int maxRetries, TimeSpan delay);

    [LoggerMessage(12, LogLevel.Warning, "{What} is fetched from its beginning: {Reason}")]
    internal static partial void HubStartsAnew(ILogger logger, string what, string reason);

    [LoggerMessage(EventId = 9, Message = "{Message}")]
    internal static partial void NativeMessage(ILogger logger, LogLevel level, string message);

    [LoggerMessage(11, LogLevel.Debug, "Speaking {Pieces} piece(s), one after another")]
    internal static partial void SpeakingPieces(ILogger logger, int pieces);
}
