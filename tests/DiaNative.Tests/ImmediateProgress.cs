namespace DiaNative.Tests;

/// <summary>Reports on the thread that works; <see cref="Progress{T}"/> would report later, on another.</summary>
internal sealed class ImmediateProgress<T>(Action<T> handler) : IProgress<T>
{
    public void Report(T value) => handler(value);
}
