using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.AI;

namespace DiaNative;

/// <summary>Makes clients of Microsoft.Extensions.AI.</summary>
[Experimental("MEAI001")]
public static class DiaTextToSpeechClientExtensions
{
    /// <summary>Makes a client, which disposes of <paramref name="speech"/> when it is disposed of.</summary>
    /// <param name="speech">What speaks.</param>
    /// <param name="options">What to do where a request says nothing; <see langword="null"/> for the defaults.</param>
    /// <returns>The client.</returns>
    public static ITextToSpeechClient AsTextToSpeechClient(this DiaTextToSpeech speech, DiaTextToSpeechClientOptions? options = null) =>
        new DiaTextToSpeechClient(speech, options);
}
