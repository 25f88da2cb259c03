namespace DiaNative;

/// <summary>Where the tokens of a text are among its padding.</summary>
/// <param name="Length">Tokens and padding.</param>
/// <param name="Places">Of the tokens, in order; at least one.</param>
internal readonly record struct TextLayout(int Length, int[] Places)
{
    /// <param name="mask">1 for a token, 0 for padding.</param>
    /// <param name="name">What to call the mask.</param>
    /// <exception cref="ArgumentException">The mask holds another number, or hides every token.</exception>
    internal static TextLayout Of(ReadOnlySpan<int> mask, string name)
    {
        int[] places = MaskCheck.VisiblePlaces(mask, name);
        return places.Length > 0 ? new TextLayout(mask.Length, places) : throw new ArgumentException($"{name} hides every token.");
    }
}
