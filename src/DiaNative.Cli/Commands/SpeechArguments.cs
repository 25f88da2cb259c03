using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>The options that say where speech goes and what is shown meanwhile.</summary>
internal sealed class SpeechArguments
{
    private readonly Option<string> _output;
    private readonly bool _streams;
    private readonly Option<string> _format = Choice<WavFormat>("--format", "How the WAV file stores its samples");
    private readonly Option<string> _progress = Choice<ProgressStyle>("--progress", "A bar on a terminal, a plain line per second of audio, or nothing");

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

    internal WavFormat Format(ParseResult parsed) => Chosen<WavFormat>(parsed, _format);

    internal ProgressStyle Progress(ParseResult parsed) => Chosen<ProgressStyle>(parsed, _progress);

    /// <summary>An option whose values are the names of an enumeration, in lower case; the first one is the default.</summary>
    internal static Option<string> Choice<T>(string name, string description)
        where T : struct, Enum
    {
#pragma warning disable CA1308 // Options are written in lower case.
        string[] names = [.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())];
#pragma warning restore CA1308
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => names[0] };
        option.AcceptOnlyFromAmong(names);
        return option;
    }

    /// <summary>The value of an option that <see cref="Choice"/> made.</summary>
    internal static T Chosen<T>(ParseResult parsed, Option<string> option)
        where T : struct, Enum => Enum.Parse<T>(parsed.GetRequiredValue(option), ignoreCase: true);
}
