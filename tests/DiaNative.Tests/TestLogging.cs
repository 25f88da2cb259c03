using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace DiaNative.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordingLogger : ILogger
{
    internal ConcurrentQueue<string> Messages { get; } = new();

    internal ConcurrentQueue<int> EventIds { get; } = new();

    internal int? ThrowOnEventId { get; init; }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (eventId.Id == ThrowOnEventId)
        {
            throw new InvalidOperationException("The logger fails.");
        }

        EventIds.Enqueue(eventId.Id);
        Messages.Enqueue(formatter(state, exception));
    }
}

/// <summary>Has one logger for all categories.</summary>
internal sealed class SingleLoggerFactory(ILogger logger) : ILoggerFactory
{
    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public ILogger CreateLogger(string categoryName) => logger;

    public void Dispose()
    {
    }
}
