// A script becomes a WAV file.
//
//     dotnet run -- dia.gguf "[S1] Hello there. [S2] Hi! (laughs)" hello.wav
using DiaNative;

if (args.Length < 3)
{
    Console.Error.WriteLine("usage: Hello <model.gguf> <text> <output.wav>");
    return 2;
}

using DiaTextToSpeech tts = await DiaTextToSpeech.CreateAsync(args[0]);
SpeechResult speech = await tts.SpeakAsync(args[1], new GenerationOptions { Seed = 42, MaxDuration = TimeSpan.FromSeconds(10) });
await speech.Audio.SaveWavAsync(args[2]);
Console.WriteLine($"{args[2]}: {speech.Audio.Duration.TotalSeconds:F2} s, {tts.Model.Description}");
return 0;
