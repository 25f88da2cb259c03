using System.CommandLine;
using System.CommandLine.Parsing;

namespace DiaNative.Cli;

/// <summary>Failures as a user sees them: one line on standard error, and an exit code. Never a stack trace.</summary>
internal static class FailureReport
{
    /// <summary>Reports an exception that ended a command.</summary>
    /// <returns>The exit code.</returns>
    internal static int Write(Exception exception)
    {
        WriteLine(Describe(exception));
        return exception switch
        {
            OperationCanceledException => ExitCode.Cancelled,
            UsageException or ArgumentException or NotSupportedException or TextTooLongException => ExitCode.Usage,
            VoiceException { Fault: VoiceFault.NoSpeakerTag } => ExitCode.Usage,
            _ => ExitCode.Failure,
        };
    }

    /// <summary>Reports a command line that could not be understood.</summary>
    /// <returns>The exit code.</returns>
    internal static int WriteUsage(ParseResult parsed)
    {
        string message = parsed.UnmatchedTokens.Count > 0
            ? $"'{parsed.UnmatchedTokens[0]}' is not known here"
            : Describe(parsed.Errors[0]);
        WriteLine($"{message.TrimEnd('.')}. See '{PathOf(parsed.CommandResult)} --help'.");
        return ExitCode.Usage;
    }

    private static string Describe(ParseError error) =>
        error.SymbolResult is OptionResult { Option.Name: string name } && !error.Message.Contains(name, StringComparison.Ordinal)
            ? $"{name}: {error.Message}"
            : error.Message;

    // The words that name a command.
    private static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : command.Command.Name;

    private static string Describe(Exception exception) => exception switch
    {
        OperationCanceledException => "cancelled",
        AggregateException { InnerException: { } inner } => Describe(inner),
        DiaException or ArgumentException or InvalidOperationException or NotSupportedException or IOException
            or UnauthorizedAccessException or UsageException => exception.Message,
        _ => $"unexpected {exception.GetType().Name}: {exception.Message}",
    };

    private static void WriteLine(string message) => Console.Error.WriteLine($"dianative: {OnOneLine(message)}");

    // The messages of the base class library spread over lines ("Actual value was ...").
    private static string OnOneLine(string message) =>
        string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
