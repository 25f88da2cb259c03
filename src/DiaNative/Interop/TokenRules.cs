using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>The arrays of <see cref="GenerationOptions"/> in native memory, for the length of the call that copies them.</summary>
internal sealed unsafe class TokenRules : IDisposable
{
    private readonly List<nint> _allocated = [];

    /// <summary>Lets <paramref name="parameters"/> point to the arrays of <paramref name="options"/>.</summary>
    /// <exception cref="ArgumentException">A sequence is <see langword="null"/>.</exception>
    public void AddTo(ref DiaGenerationParams parameters, GenerationOptions options)
    {
        int[] suppressed = [.. options.SuppressTokens ?? []];
        parameters.SuppressTokens = Copy<int>(suppressed);
        parameters.NSuppressTokens = suppressed.Length;

        int[] suppressedAtBegin = [.. options.BeginSuppressTokens ?? []];
        parameters.BeginSuppressTokens = Copy<int>(suppressedAtBegin);
        parameters.NBeginSuppressTokens = suppressedAtBegin.Length;

        DiaTokenSequence[] badWords = [.. (options.BadWordsIds ?? []).Select(
            (word, i) => Sequence(new SequenceBias(word, 0), nameof(options.BadWordsIds), i))];
        parameters.BadWords = Copy<DiaTokenSequence>(badWords);
        parameters.NBadWords = badWords.Length;

        DiaTokenSequence[] biases = [.. (options.SequenceBias ?? []).Select(
            (bias, i) => Sequence(bias, nameof(options.SequenceBias), i))];
        parameters.SequenceBiases = Copy<DiaTokenSequence>(biases);
        parameters.NSequenceBiases = biases.Length;
    }

    public void Dispose()
    {
        foreach (nint memory in _allocated)
        {
            NativeMemory.Free((void*)memory);
        }

        _allocated.Clear();
    }

    private DiaTokenSequence Sequence(SequenceBias sequence, string option, int index)
    {
        if (sequence.Tokens is null)
        {
            throw new ArgumentException($"{option}[{index}] has no tokens.");
        }

        int[] tokens = [.. sequence.Tokens];
        return new DiaTokenSequence { Tokens = Copy<int>(tokens), NTokens = tokens.Length, Bias = sequence.Bias };
    }

    private T* Copy<T>(ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (values.IsEmpty)
        {
            return null;
        }

        var memory = (T*)NativeMemory.Alloc((nuint)values.Length, (nuint)sizeof(T));
        _allocated.Add((nint)memory);
        values.CopyTo(new Span<T>(memory, values.Length));
        return memory;
    }
}
