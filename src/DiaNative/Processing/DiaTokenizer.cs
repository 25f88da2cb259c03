using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace DiaNative;

/// <summary>
/// Turns text into the tokens of Dia and back: a token is a byte of UTF-8, or one of the tags <c>[S1]</c>, <c>[S2]</c>
/// and <c>&lt;pad&gt;</c>. Thread-safe.
/// </summary>
/// <example>
/// <code>
/// var tokenizer = new DiaTokenizer();
/// TokenBatch batch = tokenizer.Encode("[S1] Hi");   // ids 1, 32, 72, 105
/// </code>
/// </example>
public sealed class DiaTokenizer
{
    /// <summary>Id of the tag <c>[S1]</c>.</summary>
    public const int Speaker1Id = 1;

    /// <summary>Id of the tag <c>[S2]</c>.</summary>
    public const int Speaker2Id = 2;

    private const int ByteCount = 256;
    private const int PadId = 0;
    private const string Speaker1 = "[S1]";
    private const string Speaker2 = "[S2]";

    // Tags by id. Their ids are those of the bytes 0, 1 and 2, which no text contains.
    private readonly string[] _tags;

    /// <summary>Creates a tokenizer.</summary>
    /// <param name="padToken">Text of the token with id 0, which fills up a batch.</param>
    /// <param name="unkToken">Text of the token that stands for an unknown one; only <paramref name="padToken"/> has an id.</param>
    /// <param name="maxLength">Most tokens of a text; at least 1.</param>
    /// <param name="offset">Added to a byte to get its id; from 0 to 2^30.</param>
    /// <exception cref="ArgumentException">A token is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public DiaTokenizer(string padToken = "<pad>", string unkToken = "<pad>", int maxLength = 1024, int offset = 0)
    {
        ArgumentException.ThrowIfNullOrEmpty(padToken);
        ArgumentException.ThrowIfNullOrEmpty(unkToken);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxLength, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, 1 << 30);
        PadToken = padToken;
        UnknownToken = unkToken;
        MaxLength = maxLength;
        Offset = offset;
        _tags = [padToken, Speaker1, Speaker2];
        Vocabulary = Enumerable.Range(0, _tags.Length)
            .Concat(Enumerable.Range(offset, ByteCount))
            .DistinctBy(IdToToken)
            .ToFrozenDictionary(IdToToken, id => id, StringComparer.Ordinal);
    }

    /// <summary>Text of the token that fills up a batch.</summary>
    public string PadToken { get; }

    /// <summary>Text of the token that stands for an unknown one.</summary>
    public string UnknownToken { get; }

    /// <summary>Most tokens of a text.</summary>
    public int MaxLength { get; }

    /// <summary>Added to a byte to get its id.</summary>
    public int Offset { get; }

    /// <summary>Number of token ids: 256.</summary>
#pragma warning disable CA1822 // Properties of the tokenizer in the reference.
    public int VocabSize => ByteCount;

    /// <summary>Id of <see cref="PadToken"/>: 0.</summary>
    public int PadTokenId => PadId;

    /// <summary>Id of the unknown token: 0.</summary>
    public int UnknownTokenId => PadId;
#pragma warning restore CA1822

    /// <summary>Ids by token text, as <see cref="IdToToken"/> writes them.</summary>
    public IReadOnlyDictionary<string, int> Vocabulary { get; }

    /// <summary>Encodes one text. Nothing is added, trimmed or normalised.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <param name="options">How to encode; <see langword="null"/> for the defaults.</param>
    /// <returns>A batch of one.</returns>
    /// <exception cref="TextTooLongException">The text has too many tokens.</exception>
    public TokenBatch Encode(string text, TokenizeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Encode([text], options);
    }

    /// <summary>Encodes texts and fills them up to one length.</summary>
    /// <param name="texts">The texts; at least one.</param>
    /// <param name="options">How to encode; <see langword="null"/> for the defaults.</param>
    /// <returns>One row per text.</returns>
    /// <exception cref="ArgumentException">There is no text, or one is <see langword="null"/>.</exception>
    /// <exception cref="TextTooLongException">A text has too many tokens.</exception>
    public TokenBatch Encode(IEnumerable<string> texts, TokenizeOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new TokenizeOptions();
        int maxLength = options.MaxLength ?? MaxLength;
        List<List<int>> rows = [.. texts.Select(text => EncodeRow(text, maxLength, options.Truncate))];
        if (rows.Count == 0)
        {
            throw new ArgumentException("There is no text to encode; at least one is needed.", nameof(texts));
        }

        int length = options.PadToMaxLength ? maxLength : rows.Max(row => row.Count);
        var inputIds = new int[rows.Count, length];
        var attentionMask = new int[rows.Count, length];
        for (int row = 0; row < rows.Count; row++)
        {
            int first = options.PaddingSide == PaddingSide.Left ? length - rows[row].Count : 0;
            for (int i = 0; i < rows[row].Count; i++)
            {
                inputIds[row, first + i] = rows[row][i];
                attentionMask[row, first + i] = 1;
            }
        }

        return new TokenBatch(inputIds, attentionMask);
    }

    /// <summary>Decodes ids. What is not UTF-8 becomes U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether <see cref="PadToken"/> is left out; speaker tags stay, as in the reference.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id stands for no token.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var bytes = new List<byte>(ids.Length);
        foreach (int id in ids)
        {
            if (Tag(id) is not { } tag)
            {
                bytes.Add(ByteOf(id));
            }
            else if (id != PadId || !skipSpecialTokens)
            {
                bytes.AddRange(Encoding.UTF8.GetBytes(tag));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>Decodes every row of a batch.</summary>
    /// <param name="ids">Token ids, [batch, length].</param>
    /// <param name="skipSpecialTokens">Whether <see cref="PadToken"/> is left out; speaker tags stay, as in the reference.</param>
    /// <returns>One text per row.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An id stands for no token.</exception>
    public IReadOnlyList<string> DecodeBatch(int[,] ids, bool skipSpecialTokens = false)
    {
        ArgumentNullException.ThrowIfNull(ids);
        return [.. Enumerable.Range(0, ids.GetLength(0)).Select(row => Decode(ids.Row(row), skipSpecialTokens))];
    }

    /// <summary>Splits a text into tokens: tags, and one character (U+0000 to U+00FF) per byte.</summary>
    /// <param name="text">The text; may be empty.</param>
    /// <returns>The tokens.</returns>
    public IReadOnlyList<string> Tokenize(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. EncodeRow(text).Select(IdToToken)];
    }

    /// <summary>The text of a token: a tag, or one character (U+0000 to U+00FF) that stands for a byte.</summary>
    /// <param name="id">Id of the token.</param>
    /// <returns>Its text.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id stands for no token.</exception>
    public string IdToToken(int id) => Tag(id) ?? ((char)ByteOf(id)).ToString();

    /// <summary>The id of a token.</summary>
    /// <param name="token">Its text, as <see cref="IdToToken"/> writes it.</param>
    /// <returns>The id; <see cref="UnknownTokenId"/> for what is no token.</returns>
    public int TokenToId(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        int tag = Array.IndexOf(_tags, token);
        if (tag >= 0)
        {
            return tag;
        }

        return token.Length == 1 && token[0] < ByteCount ? token[0] + Offset : UnknownTokenId;
    }

    /// <summary>Encodes a text without any limit.</summary>
    internal List<int> EncodeRow(string text)
    {
        var ids = new List<int>(text.Length);
        int first = 0;
        for (int i = 0; i < text.Length;)
        {
            int tag = TagAt(text, i);
            if (tag < 0)
            {
                i++;
                continue;
            }

            AddBytes(ids, text.AsSpan(first, i - first));
            ids.Add(tag);
            i += _tags[tag].Length;
            first = i;
        }

        AddBytes(ids, text.AsSpan(first));
        return ids;
    }

    private List<int> EncodeRow(string? text, int maxLength, bool truncate)
    {
        if (text is null)
        {
            throw new ArgumentException("A text is null.", nameof(text));
        }

        List<int> ids = EncodeRow(text);
        if (ids.Count > maxLength)
        {
            if (!truncate)
            {
                throw new TextTooLongException(ids.Count, maxLength);
            }

            ids.RemoveRange(maxLength, ids.Count - maxLength);
        }

        return ids;
    }

    private int TagAt(string text, int index) =>
        Array.FindIndex(_tags, tag => string.CompareOrdinal(text, index, tag, 0, tag.Length) == 0);

    private void AddBytes(List<int> ids, ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        Encoding.UTF8.GetBytes(text, bytes);
        foreach (byte value in bytes)
        {
            ids.Add(value + Offset);
        }
    }

    private string? Tag(int id) => id >= 0 && id < _tags.Length ? _tags[id] : null;

    private byte ByteOf(int id) => id >= Offset && id < Offset + ByteCount
        ? (byte)(id - Offset)
        : throw new ArgumentOutOfRangeException(
            nameof(id), id, string.Create(CultureInfo.InvariantCulture, $"Token ids are 0 to 2 and {Offset} to {Offset + ByteCount - 1}."));
}
