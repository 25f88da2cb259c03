using DiaNative.Interop;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative;

/// <summary>Makes a smaller GGUF of a model from another one: its tensors are stored as other types.</summary>
public static class DiaQuantizer
{
    /// <summary>
    /// Quantizes a model. Tensors are read one at a time, so memory stays small; the file appears under its name only when it is
    /// complete, and after an error or a cancellation nothing is left behind. A tensor whose rows the blocks of a type do not divide
    /// has another type, which the log tells.
    /// </summary>
    /// <param name="inputPath">A GGUF of a model, best of 16 or 32 bits.</param>
    /// <param name="outputPath">The file to write; an existing one is replaced.</param>
    /// <param name="options">What to write; <see langword="null"/> for the defaults, which copy.</param>
    /// <param name="progress">Receives the bytes written so far and in all.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="ArgumentException">
    /// An option fits no tensor, the output is the input, or the input is quantized already and
    /// <see cref="QuantizationOptions.AllowRequantize"/> is not set.
    /// </exception>
    /// <exception cref="FileNotFoundException">There is no input file.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    /// <exception cref="DiaFileException">The input is malformed or no model.</exception>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    public static void Quantize(
        string inputPath,
        string outputPath,
        QuantizationOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ModelPath.RequireFile(inputPath);
        ArgumentException.ThrowIfNullOrEmpty(outputPath);
        cancellationToken.ThrowIfCancellationRequested();
        options ??= new QuantizationOptions();
        RequireImportance(options);
        ILogger logger = LoggerOf(options);
        NativeQuantizer.Quantize(inputPath, outputPath, options, logger, progress, cancellationToken);
        Log.Quantized(logger, inputPath, outputPath);
    }

    /// <inheritdoc cref="Quantize"/>
    /// <returns>The running work, which does not run on the caller's thread.</returns>
    public static Task QuantizeAsync(
        string inputPath,
        string outputPath,
        QuantizationOptions? options = null,
        IProgress<ByteProgress>? progress = null,
        CancellationToken cancellationToken = default) =>
        NativeWork.Run(() => Quantize(inputPath, outputPath, options, progress, cancellationToken), cancellationToken);

    /// <summary>Tells what <see cref="Quantize"/> would write, without writing anything.</summary>
    /// <param name="inputPath">A GGUF of a model.</param>
    /// <param name="options">What would be written; <see langword="null"/> for the defaults.</param>
    /// <returns>Every tensor, and the size of the file to the byte.</returns>
    /// <exception cref="ArgumentException">As <see cref="Quantize"/>.</exception>
    /// <exception cref="FileNotFoundException">There is no input file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="DiaFileException">The input is malformed or no model.</exception>
    public static QuantizationPlan Plan(string inputPath, QuantizationOptions? options = null)
    {
        ModelPath.RequireFile(inputPath);
        options ??= new QuantizationOptions();
        RequireImportance(options);
        return NativeQuantizer.Plan(inputPath, options, LoggerOf(options));
    }

    private static void RequireImportance(QuantizationOptions options)
    {
        if (options.ImportancePath is not null)
        {
            ModelPath.RequireFile(options.ImportancePath);
        }
    }

    private static ILogger LoggerOf(QuantizationOptions options) =>
        (options.LoggerFactory ?? NullLoggerFactory.Instance).CreateLogger(typeof(DiaQuantizer));
}
