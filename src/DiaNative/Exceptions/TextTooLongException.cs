using System.Globalization;

namespace DiaNative;

/// <summary>
/// A text has more tokens than the model reads. A token is a byte of UTF-8, or a whole speaker tag. Shorten or split the text, or set
/// <see cref="TokenizeOptions.Truncate"/>.
/// </summary>
public sealed class TextTooLongException : DiaException
{
    /// <summary>Creates an exception from the numbers.</summary>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="maxLength">Tokens that are allowed.</param>
    public TextTooLongException(int length, int maxLength)
        : this(string.Create(CultureInfo.InvariantCulture, $"The text has {length} tokens; at most {maxLength} are allowed."))
    {
        Length = length;
        MaxLength = maxLength;
    }

    /// <summary>Creates an exception from a message.</summary>
    /// <param name="message">What was expected and what was found.</param>
    public TextTooLongException(string message)
        : base(DiaErrorCode.TextTooLong, message)
    {
    }

    /// <summary>Tokens of the text; <see langword="null"/> if only the message tells.</summary>
    public int? Length { get; }

    /// <summary>Tokens that are allowed; <see langword="null"/> if only the message tells.</summary>
    public int? MaxLength { get; }
}
