using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative speak</c>: a script becomes a WAV file.</summary>
internal static class SpeakCommand
{
    internal static Command Create()
    {
        var text = new Argument<string?>("text")
        {
            Description = "The script: [S1] and [S2] name the speakers, (laughs) is a sound; by default --file or standard input",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var file = new Option<string?>("--file", "-f") { Description = "Read the script from this file" };
        var model = new Option<string?>("--model", "-m")
        {
            Description = "The GGUF to speak with, or the name of a pulled model; by default the one that was pulled last, else the embedded demo model",
        };
        var voice = new VoiceArguments();
        var speech = new SpeechArguments("speech.wav", streams: true);
        var generation = new GenerationArguments();
        var command = new Command("speak", "Speaks a script into a WAV file") { text, file, model };
        voice.AddTo(command);
        speech.AddTo(command);
        generation.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var job = new SpeechJob
            {
                Text = await ReadTextAsync(parsed.GetValue(text), parsed.GetValue(file), cancellationToken).ConfigureAwait(false),
                Voice = voice.Source(parsed),
                ModelPath = ModelChoice.Resolve(parsed.GetValue(model)),
                ModelOptions = generation.ModelOptions(parsed),
                Options = await generation.GenerationOptionsAsync(parsed, cancellationToken).ConfigureAwait(false),
                OutputPath = speech.OutputPath(parsed),
                Format = speech.Format(parsed),
                Progress = speech.Progress(parsed),
            };
            return await job.RunAsync(cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<string> ReadTextAsync(string? text, string? file, CancellationToken cancellationToken)
    {
        if (text is not null)
        {
            return file is null ? text : throw new UsageException("the text is given twice: as an argument and with --file");
        }

        if (file is not null)
        {
            return WithoutLastLineBreak(await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false));
        }

        if (!Console.IsInputRedirected)
        {
            throw new UsageException("there is no text: give it as an argument, with --file, or on standard input");
        }

        return WithoutLastLineBreak(await Console.In.ReadToEndAsync(cancellationToken).ConfigureAwait(false));
    }

    // Editors and echo end a file with one; it is no part of the script.
    private static string WithoutLastLineBreak(string text) => text.TrimEnd('\r', '\n');
}
