using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative codec</c>: audio becomes codes, and codes audio.</summary>
internal static class CodecCommand
{
    internal static Command Create() => new("codec", "Turns audio into the codec's codes and back") { CreateEncode(), CreateDecode() };

    private static Command CreateEncode()
    {
        var audio = new Argument<string>("audio") { Description = "A sound file: WAV, FLAC or MP3" };
        Option<string> output = Output("The codes to write, as safetensors", "codes.safetensors");
        var codec = new CodecArguments();
        var command = new Command("encode", "Encodes a sound file into codes") { audio, output };
        codec.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(output);
            OutputFile.Require(path);
            await codec.UseAsync(
                parsed,
                async dac =>
                {
                    AudioBuffer sound = await AudioBuffer
                        .LoadAsync(parsed.GetRequiredValue(audio), dac.Config.SamplingRate, cancellationToken).ConfigureAwait(false);
                    int[,] codes = await dac.EncodeAsync(sound, cancellationToken).ConfigureAwait(false);
                    dac.SaveCodes(codes, path);
                    WriteLine($"{path}: {codes.GetLength(0)} frames of {codes.GetLength(1)} codes, {sound.Duration.TotalSeconds:F2} s");
                },
                cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static Command CreateDecode()
    {
        var codes = new Argument<string>("codes") { Description = "Codes as 'codec encode' wrote them, or a voice" };
        Option<string> output = Output("The WAV file to write", "decoded.wav");
        Option<string> format = Choice.Option<WavFormat>("--format", "How the WAV file stores its samples");
        var codec = new CodecArguments();
        var command = new Command("decode", "Decodes codes into a WAV file") { codes, output, format };
        codec.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string path = parsed.GetRequiredValue(output);
            OutputFile.Require(path);
            await codec.UseAsync(
                parsed,
                async dac =>
                {
                    int[,] frames = dac.LoadCodes(parsed.GetRequiredValue(codes));
                    AudioBuffer sound = await dac.DecodeAsync(frames, cancellationToken).ConfigureAwait(false);
                    await sound.SaveWavAsync(path, Choice.Value<WavFormat>(parsed, format), cancellationToken).ConfigureAwait(false);
                    WriteLine($"{path}: {sound.Duration.TotalSeconds:F2} s at {sound.SampleRate} Hz");
                },
                cancellationToken).ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<string> Output(string description, string defaultPath) =>
        new("--output", "-o") { Description = description, DefaultValueFactory = _ => defaultPath };

    private static void WriteLine(FormattableString text) => Console.Out.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
