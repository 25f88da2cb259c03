using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>The options that say where speech goes and what is shown meanwhile.</summary>
internal sealed class SpeechArguments
{
    private readonly Option<string> _output;
    private readonly bool _streams;
    private readonly Option<string> _format = Choice.Option<WavFormat>("--format", "How the WAV file stores its samples");
    private readonly Option<string> _progress = Choice.Option<ProgressStyle>("--progress", "A bar on a terminal, a plain line per second of audio, or nothing");

    /// <param name="defaultOutput">The file if none is given.</param>
    /// <param name="streams">Whether the command can write to standard output while it speaks.</param>
    internal SpeechArguments(string defaultOutput, bool streams = false)
    {
        _output = new Option<string>("--output", "-o")
        {
            Description = streams ? "The WAV file to write; - writes to standard output while it is spoken" : "The WAV file to write",
            DefaultValueFactory = _ => defaultOutput,
        };
        _streams = streams;
    }

    internal void AddTo(Command command)
    {
        command.Options.Add(_output);
        command.Options.Add(_format);
        command.Options.Add(_progress);
    }

    internal string OutputPath(ParseResult parsed)
    {
        string path = parsed.GetRequiredValue(_output);
        return path != SpeechJob.StandardOutput || _streams
            ? path
            : throw new UsageException("--output - is not possible here: standard output has what the command says");
    }

    internal WavFormat Format(ParseResult parsed) => Choice.Value<WavFormat>(parsed, _format);

    internal ProgressStyle Progress(ParseResult parsed) => Choice.Value<ProgressStyle>(parsed, _progress);
}
