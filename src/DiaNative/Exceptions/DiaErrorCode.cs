namespace DiaNative;

/// <summary>The kind of a failure that a <see cref="DiaException"/> reports. The numbers are those of <c>dia_status</c> in <c>dia.h</c>.</summary>
public enum DiaErrorCode
{
    /// <summary>No error of the native library: the failure was found by the managed one.</summary>
    None = 0,

    /// <summary>An argument or option is missing, not a number or out of its range.</summary>
    InvalidArgument = -1,

    /// <summary>The call does not fit what the object has done so far.</summary>
    InvalidState = -2,

    /// <summary>Memory could not be allocated.</summary>
    OutOfMemory = -3,

    /// <summary>A file could not be opened, read, written or renamed.</summary>
    InputOutput = -4,

    /// <summary>A file is truncated, malformed or not what it claims to be.</summary>
    InvalidFile = -5,

    /// <summary>A well-formed file or option asks for something that the library lacks.</summary>
    Unsupported = -6,

    /// <summary>The call was cancelled.</summary>
    Cancelled = -7,

    /// <summary>An output buffer is too small.</summary>
    BufferTooSmall = -8,

    /// <summary>A text exceeds the model's limit.</summary>
    TextTooLong = -9,

    /// <summary>The model computed a NaN or an infinity.</summary>
    NotANumber = -10,

    /// <summary>A defect of the native library.</summary>
    Internal = -11,

    /// <summary>More memory would be needed than <see cref="DiaModelOptions.MaxMemory"/> allows.</summary>
    MemoryLimit = -12,
}
