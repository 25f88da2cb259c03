namespace DiaNative;

/// <summary>What the work behind a <see cref="BackgroundStream"/> is given.</summary>
/// <param name="Emit">Hands an item to the consumer; waits while too many are not taken.</param>
/// <param name="Stop">Is cancelled when the caller's token is, or the consumer has stopped.</param>
/// <param name="Abandoned">Is cancelled when the consumer has stopped: nobody will take another item.</param>
internal readonly record struct StreamSink<T>(Action<T> Emit, CancellationToken Stop, CancellationToken Abandoned);
