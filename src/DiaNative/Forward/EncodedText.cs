using DiaNative.Interop;

namespace DiaNative;

/// <summary>
/// A text as the states of Dia's encoder, made by <see cref="DiaModel.Encode(string, EncodeOptions?, CancellationToken)"/> and used any
/// number of times: by <see cref="DiaModel.Forward"/> and by generations, which then encode nothing. Immutable and thread-safe.
/// </summary>
/// <remarks>It keeps what it needs of its model. Where the text has padding, states and attentions are 0.</remarks>
public sealed class EncodedText : IDisposable
{
    private readonly int _layers;
    private readonly int _width;
    private readonly int _heads;
    private readonly Lazy<float[,]> _lastHiddenState;
    private readonly Lazy<IReadOnlyList<float[,]>?> _hiddenStates;
    private readonly Lazy<IReadOnlyList<float[,,]>?> _attentions;

    internal EncodedText(EncodingHandle handle, DiaModel model, int[] inputIds, TextLayout layout)
    {
        Handle = handle;
        ModelHandle = model.Handle;
        Layout = layout;
        InputIds = inputIds;
        _layers = model.Config.Encoder.NumHiddenLayers;
        _width = model.Config.Encoder.HiddenSize;
        _heads = model.Config.Encoder.NumAttentionHeads;
        _lastHiddenState = new Lazy<float[,]>(() => HiddenState(_layers)!);
        _hiddenStates = new Lazy<IReadOnlyList<float[,]>?>(ReadHiddenStates);
        _attentions = new Lazy<IReadOnlyList<float[,,]>?>(ReadAttentions);
    }

    /// <summary>Tokens of the text, padding included.</summary>
    public int Length => Layout.Length;

    /// <summary>Ids of the tokens, padding included.</summary>
    public IReadOnlyList<int> InputIds { get; }

    /// <summary>The normed states behind the last layer, [length, <see cref="DiaEncoderConfig.HiddenSize"/>].</summary>
    /// <exception cref="ObjectDisposedException">The text was disposed of.</exception>
    public float[,] LastHiddenState => _lastHiddenState.Value;

    /// <summary>
    /// What enters each layer, and <see cref="LastHiddenState"/> behind them: one more than layers, each [length, width];
    /// <see langword="null"/> unless <see cref="EncodeOptions.OutputHiddenStates"/> asked for them.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The text was disposed of.</exception>
    public IReadOnlyList<float[,]>? HiddenStates => _hiddenStates.Value;

    /// <summary>
    /// The attention weights of each layer, [heads, length, length]: how much a token (second dimension) takes of each token (third);
    /// <see langword="null"/> unless <see cref="EncodeOptions.OutputAttentions"/> asked for them.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The text was disposed of.</exception>
    public IReadOnlyList<float[,,]>? Attentions => _attentions.Value;

    internal EncodingHandle Handle { get; }

    internal ModelHandle ModelHandle { get; }

    internal TextLayout Layout { get; }

    /// <summary>Frees the text. May be called twice; whatever uses it at that moment goes on.</summary>
    public void Dispose() => Handle.Dispose();

    private float[,]? HiddenState(int index)
    {
        var values = new float[Layout.Places.Length * _width];
        if (!Handle.TryCopyHiddenState(index, values))
        {
            return null;
        }

        var state = new float[Length, _width];
        Spread.Rows(values, state.Flat(), _width, Layout.Places);
        return state;
    }

    private float[,,]? Attention(int layer)
    {
        int count = Layout.Places.Length;
        var values = new float[_heads * count * count];
        if (!Handle.TryCopyAttention(layer, values))
        {
            return null;
        }

        var attention = new float[_heads, Length, Length];
        Spread.Attention(values, attention.Flat(), _heads, Length, Length, Layout.Places, Layout.Places);
        return attention;
    }

    // All layers are kept, or none.
    private float[][,]? ReadHiddenStates() => HiddenState(0) is { } first
        ? [first, .. Enumerable.Range(1, _layers - 1).Select(layer => HiddenState(layer)!), LastHiddenState]
        : null;

    private float[][,,]? ReadAttentions() => Attention(0) is { } first
        ? [first, .. Enumerable.Range(1, _layers - 1).Select(layer => Attention(layer)!)]
        : null;
}
