using Microsoft.Extensions.Logging;

namespace DiaNative.Cli;

/// <summary>Writes warnings of the library to standard error, a line each.</summary>
internal sealed class ErrorLog : ILoggerFactory, ILogger
{
    private ErrorLog()
    {
    }

    internal static ILoggerFactory Factory { get; } = new ErrorLog();

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("Warnings go to standard error only.");

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            Console.Error.WriteLine($"dianative: {formatter(state, exception)}");
        }
    }

    public void Dispose()
    {
    }
}
