namespace DiaNative;

/// <summary>
/// A model or a generation needs more memory than <see cref="DiaModelOptions.MaxMemory"/> allows, and took none of it. The message has the
/// limit and the need, item by item.
/// </summary>
public sealed class MemoryLimitException : DiaException
{
    /// <summary>Creates an exception.</summary>
    /// <param name="message">What is needed, and what is allowed.</param>
    public MemoryLimitException(string message)
        : base(DiaErrorCode.MemoryLimit, message)
    {
    }
}
