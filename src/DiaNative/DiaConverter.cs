using DiaNative.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative;

/// <summary>Makes one GGUF file from a checkpoint of Dia and one of DAC.</summary>
public static class DiaConverter
{
    /// <summary>Tells what <see cref="CheckpointFormat.Auto"/> means for a path.</summary>
    /// <param name="modelDirectory">The path, which need not exist.</param>
    /// <returns><see cref="CheckpointFormat.TtsCpp"/> for a file, otherwise <see cref="CheckpointFormat.HuggingFace"/>.</returns>
    public static CheckpointFormat DetectFormat(string modelDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);
        return NativeConverter.FormatOf(modelDirectory);
    }

    /// <summary>
    /// Converts a checkpoint. Tensors are read one at a time, so memory stays small; the file appears under its name only when it
    /// is complete, and after an error or a cancellation nothing is left behind.
    /// </summary>
    /// <param name="modelDirectory">
    /// Folder with Dia's <c>config.json</c> and safetensors files; or the GGUF file of TTS.cpp.
    /// </param>
    /// <param name="codecDirectory">
    /// Folder with DAC's; <see langword="null"/> for a file without codec, which gives codes but no audio, or with that of TTS.cpp's file.
    /// </param>
    /// <param name="outputPath">The file to write; an existing one is replaced.</param>
    /// <param name="options">What to write; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Receives the bytes written so far and in all.</param>
    /// <param name="cancellationToken">Stops the conversion.</param>
    /// <exception cref="DirectoryNotFoundException">A folder does not exist.</exception>
    /// <exception cref="FileNotFoundException">The file of TTS.cpp, or that of the importances, does not exist.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="DiaFileException">A checkpoint is malformed or of an unknown kind.</exception>
    /// <exception cref="OperationCanceledException">The conversion was cancelled.</exception>
    public static void Convert(
        string modelDirectory,
        string? codecDirectory,
        string outputPath,
        ConversionOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(modelDirectory);
        options ??= new ConversionOptions();
        CheckpointFormat format = options.Format == CheckpointFormat.Auto ? DetectFormat(modelDirectory) : options.Format;
        if (format == CheckpointFormat.TtsCpp)
        {
            ModelPath.RequireFile(modelDirectory, "a GGUF file of TTS.cpp");
        }
        else
        {
            ModelPath.RequireDirectory(modelDirectory, nameof(modelDirectory));
        }

        if (codecDirectory is not null)
        {
            ModelPath.RequireDirectory(codecDirectory, nameof(codecDirectory));
        }

        ArgumentException.ThrowIfNullOrEmpty(outputPath);
        cancellationToken.ThrowIfCancellationRequested();
        if (options.ImportancePath is not null)
        {
            ModelPath.RequireFile(options.ImportancePath);
        }

        ILogger logger = (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(typeof(DiaConverter));
        NativeConverter.Convert(modelDirectory, codecDirectory, outputPath, options, logger, progress, cancellationToken);
        Log.Converted(logger, modelDirectory, outputPath);
    }

    /// <inheritdoc cref="Convert"/>
    /// <returns>The running conversion, which does not run on the caller's thread.</returns>
    public static Task ConvertAsync(
        string modelDirectory,
        string? codecDirectory,
        string outputPath,
        ConversionOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(
            () => Convert(modelDirectory, codecDirectory, outputPath, options, progress, cancellationToken),
            cancellationToken);
}
