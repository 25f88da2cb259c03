using System.Net;

namespace DiaNative;

/// <summary>A failure that may pass: the connection was cut, or the server is busy. It never leaves the library.</summary>
/// <param name="message">What happened.</param>
/// <param name="status">What the server answered, if it did.</param>
/// <param name="retryAfter">How long the server asks to wait.</param>
/// <param name="innerException">The cause, if there is one.</param>
internal sealed class HubFailure(string message, HttpStatusCode? status = null, TimeSpan? retryAfter = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    internal HttpStatusCode? Status { get; } = status;

    internal TimeSpan? RetryAfter { get; } = retryAfter;
}
