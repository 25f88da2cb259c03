using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative voice</c>: makes voices of audio, and shows them.</summary>
internal static class VoiceCommand
{
    private const string Ending = ".voice";

    internal static Command Create() => new("voice", "Makes and shows voices to speak in") { CreateCreate(), CreateInfo() };

    private static Command CreateCreate()
    {
        var audio = new Argument<string>("audio") { Description = "A sound file with 5 to 10 s of speech: WAV, FLAC or MP3" };
        var text = new Option<string>("--text", "-t") { Description = "What is said in it, with [S1] and [S2]", Required = true };
        var output = new Option<string?>("--output", "-o") { Description = "The voice to write; by default the sound file's name with .voice" };
        var codec = new CodecArguments();
        var command = new Command("create", "Makes a voice of a sound file and what is said in it") { audio, text, output };
        codec.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string sound = parsed.GetRequiredValue(audio);
            string path = parsed.GetValue(output) ?? Path.GetFileNameWithoutExtension(sound) + Ending;
            OutputFile.Require(path);
            await codec.UseAsync(
                parsed,
                async dac =>
                {
                    VoiceSource source = VoiceSource.FromAudio(sound, parsed.GetRequiredValue(text));
                    Voice voice = await source.GetAsync(dac, cancellationToken).ConfigureAwait(false);
                    await voice.SaveAsync(path, cancellationToken).ConfigureAwait(false);
                    Console.Out.WriteLine(string.Create(
                        CultureInfo.InvariantCulture, $"{path}: {voice.Duration.TotalSeconds:F2} s, {voice.Frames} frames"));
                },
                cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command CreateInfo()
    {
        var file = new Argument<string>("file") { Description = "A voice" };
        var report = new ReportArguments();
        var command = new Command("info", "Shows a voice: its transcript, length and codec, and what might be better") { file };
        report.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            Voice voice = Voice.Load(path);
            report.Write(parsed, console => WriteTable(console, voice), writer => WriteMembers(writer, path, voice));
            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteTable(IAnsiConsole console, Voice voice)
    {
        Table table = Terminal.Table(console, "of the voice", "");
        void Add(string name, string value) => table.AddRow(new Text(name), new Text(value));
        Add("transcript", voice.Transcript.ReplaceLineEndings(" "));
        Add("duration", string.Create(CultureInfo.InvariantCulture, $"{voice.Duration.TotalSeconds:F2} s"));
        Add("frames", string.Create(CultureInfo.InvariantCulture, $"{voice.Frames} of {voice.Codes.GetLength(1)} codes"));
        Add("sampling rate", string.Create(CultureInfo.InvariantCulture, $"{voice.SamplingRate} Hz"));
        Add("codec", voice.CodecFingerprint);
        foreach (VoiceWarning warning in voice.Warnings)
        {
            Add("warning", warning.Message);
        }

        console.Write(table);
    }

    private static void WriteMembers(Utf8JsonWriter writer, string path, Voice voice)
    {
        writer.WriteString("file", path);
        writer.WriteString("transcript", voice.Transcript);
        writer.WriteNumber("seconds", Math.Round(voice.Duration.TotalSeconds, 3));
        writer.WriteNumber("frames", voice.Frames);
        writer.WriteNumber("codebooks", voice.Codes.GetLength(1));
        writer.WriteNumber("sampling_rate", voice.SamplingRate);
        writer.WriteString("codec", voice.CodecFingerprint);
        writer.WriteStartArray("warnings");
        foreach (VoiceWarning warning in voice.Warnings)
        {
            writer.WriteStringValue(warning.Message);
        }

        writer.WriteEndArray();
    }
}
