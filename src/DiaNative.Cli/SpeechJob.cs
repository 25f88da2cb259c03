using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace DiaNative.Cli;

/// <summary>One script on its way into a WAV file, or as WAV to standard output while it is spoken.</summary>
internal sealed record SpeechJob
{
    /// <summary>The output path that means standard output.</summary>
    internal const string StandardOutput = "-";

    internal required string Text { get; init; }

    /// <summary>Where the voice comes from; null for one of the model's choice.</summary>
    internal VoiceSource? Voice { get; init; }

    internal required string ModelPath { get; init; }

    internal required DiaModelOptions ModelOptions { get; init; }

    internal required GenerationOptions Options { get; init; }

    internal required string OutputPath { get; init; }

    internal required WavFormat Format { get; init; }

    internal required ProgressStyle Progress { get; init; }

    /// <summary>Speaks, writes the audio and prints one line about it.</summary>
    /// <returns>The exit code: success, or cancelled with what was spoken until then written.</returns>
    internal async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        bool streams = OutputPath == StandardOutput;
        if (!streams)
        {
            OutputFile.Require(OutputPath);
        }
        else if (!Console.IsOutputRedirected)
        {
            throw new UsageException("--output - writes sound to standard output, which is a terminal: pipe it into a player or a file");
        }

        using DiaTextToSpeech tts = await DiaTextToSpeech.CreateAsync(ModelPath, ModelOptions, null, cancellationToken).ConfigureAwait(false);
        Voice? voice = Voice is null ? null : await Voice.GetAsync(tts.Processor.Codec, cancellationToken).ConfigureAwait(false);
        FinishReason finishReason = streams
            ? await StreamAsync(tts, voice, cancellationToken).ConfigureAwait(false)
            : await SaveAsync(tts, voice, cancellationToken).ConfigureAwait(false);
        return finishReason == FinishReason.Cancelled ? ExitCode.Cancelled : ExitCode.Success;
    }

    private async Task<FinishReason> SaveAsync(DiaTextToSpeech tts, Voice? voice, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        SpeechResult speech = await SpeechProgress
            .ShowAsync(Progress, progress => tts.SpeakAsync(Text, voice, Options, progress, cancellationToken))
            .ConfigureAwait(false);
        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);

        // Not the command's token: what was spoken is kept after Ctrl-C, too.
        await speech.Audio.SaveWavAsync(OutputPath, Format, CancellationToken.None).ConfigureAwait(false);
        Console.Out.WriteLine($"{OutputPath}: {Describe(speech.Audio.Duration, speech.Audio.SampleRate, speech.FinishReason, elapsed, speech.Seed)}");
        return speech.FinishReason;
    }

    private async Task<FinishReason> StreamAsync(DiaTextToSpeech tts, Voice? voice, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        int sampleRate = tts.Processor.Codec.Config.SamplingRate;
        var writer = new WavStreamWriter(Console.OpenStandardOutput(), sampleRate, Format);
        await using ConfiguredAsyncDisposable closing = writer.ConfigureAwait(false);
        AudioChunk? last = null;
        var request = new SpeechRequest(Text) { Voice = voice };
        await foreach (AudioChunk chunk in tts.SpeakStreamingAsync(request, Options, null, cancellationToken).ConfigureAwait(false))
        {
            await writer.WriteAsync(chunk.Audio, CancellationToken.None).ConfigureAwait(false);
            last = chunk;
        }

        await writer.CompleteAsync(CancellationToken.None).ConfigureAwait(false);
        FinishReason finishReason = last!.FinishReason!.Value;
        Console.Error.WriteLine(Describe(writer.Duration, sampleRate, finishReason, Stopwatch.GetElapsedTime(start), last.Seed));
        return finishReason;
    }

    private static string Describe(TimeSpan duration, int sampleRate, FinishReason finishReason, TimeSpan elapsed, ulong seed)
    {
        string end = finishReason switch
        {
            FinishReason.EndOfSpeech => "spoken to the end",
            FinishReason.Length => "ended by the length limit",
            FinishReason.MaxTime => "ended by the time limit",
            _ => "cancelled",
        };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{duration.TotalSeconds:F2} s at {sampleRate} Hz, {end}, made in {elapsed.TotalSeconds:F2} s, seed {seed}");
    }
}
