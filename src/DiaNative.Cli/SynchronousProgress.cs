namespace DiaNative.Cli;

/// <summary>Hands progress on at once. <see cref="Progress{T}"/> would hand it on later and out of order.</summary>
internal sealed class SynchronousProgress<T>(Action<T> handler) : IProgress<T>
{
    public void Report(T value) => handler(value);
}
