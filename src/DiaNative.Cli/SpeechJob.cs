using System.Diagnostics;
using System.Globalization;

namespace DiaNative.Cli;

/// <summary>One script on its way into a WAV file.</summary>
internal sealed record SpeechJob
{
    internal required string Text { get; init; }

    /// <summary>Where the voice comes from; null for one of the model's choice.</summary>
    internal VoiceSource? Voice { get; init; }

    internal required string ModelPath { get; init; }

    internal required DiaModelOptions ModelOptions { get; init; }

    internal required GenerationOptions Options { get; init; }

    internal required string OutputPath { get; init; }

    internal required WavFormat Format { get; init; }

    internal required ProgressStyle Progress { get; init; }

    /// <summary>Speaks, writes the file and prints one line about it.</summary>
    /// <returns>The exit code: success, or cancelled with what was spoken until then written.</returns>
    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        OutputFile.Require(OutputPath);
        using DiaTextToSpeech tts = await DiaTextToSpeech.CreateAsync(ModelPath, ModelOptions, null, cancellationToken).ConfigureAwait(false);

        Voice? voice = Voice is null ? null : await Voice.GetAsync(tts.Processor.Codec, cancellationToken).ConfigureAwait(false);
        long start = Stopwatch.GetTimestamp();
        SpeechResult speech = await SpeechProgress
            .ShowAsync(Progress, progress => tts.SpeakAsync(Text, voice, Options, progress, cancellationToken))
            .ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);

        // Not the command's token: what was spoken is kept after Ctrl-C, too.
        await speech.Audio.SaveWavAsync(OutputPath, Format, CancellationToken.None).ConfigureAwait(false);
        Console.Out.WriteLine(Describe(speech, elapsed));
        return speech.FinishReason == FinishReason.Cancelled ? ExitCode.Cancelled : ExitCode.Success;
    }

    private string Describe(SpeechResult speech, TimeSpan elapsed)
    {
        double seconds = speech.Audio.Duration.TotalSeconds;
        string end = speech.FinishReason switch
        {
            FinishReason.EndOfSpeech => "spoken to the end",
            FinishReason.Length => "ended by the length limit",
            _ => "cancelled",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{OutputPath}: {seconds:F2} s at {speech.Audio.SampleRate} Hz, {end}, made in {elapsed.TotalSeconds:F2} s, seed {speech.Seed}");
    }
}
