// A script becomes a WAV file, which grows while it is spoken.
//
//     dotnet run -- dia.gguf "[S1] Hello there. [S2] Hi! (laughs)" hello.wav
//
// With a recording and what is said in it, in the voices of the recording:
//
//     dotnet run -- dia.gguf "[S1] Hello again." hello.wav anna.mp3 "[S1] This is what I said."
using DiaNative;

if (args.Length is not (3 or 5))
{
    Console.Error.WriteLine("usage: Hello <model.gguf> <text> <output.wav> [<recording> <transcript>]");
    return 2;
}

using DiaTextToSpeech tts = await DiaTextToSpeech.CreateAsync(args[0]);
DacCodec codec = tts.Processor.Codec;

Voice? voice = null;
if (args.Length == 5)
{
    AudioBuffer recording = await AudioBuffer.LoadAsync(args[3], codec.Config.SamplingRate);
    voice = await Voice.CreateAsync(codec, recording, args[4]);
    foreach (VoiceWarning warning in voice.Warnings)
    {
        Console.Error.WriteLine(warning.Message);
    }
}

GenerationOptions options = (voice is null ? GenerationOptions.Recommended : GenerationOptions.VoiceClone) with
{
    Seed = 42,
    MaxDuration = TimeSpan.FromSeconds(10),
};
await using var writer = new WavStreamWriter(File.Create(args[2]), codec.Config.SamplingRate);
await foreach (AudioChunk chunk in tts.SpeakStreamingAsync(new SpeechRequest(args[1]) { Voice = voice }, options))
{
    await writer.WriteAsync(chunk.Audio);
}

await writer.CompleteAsync();
Console.WriteLine($"{args[2]}: {writer.Duration.TotalSeconds:F2} s, {tts.Model.Description}");
return 0;
