using Spectre.Console;

namespace DiaNative.Cli;

/// <summary>Standard output and standard error: lively on a terminal, plain text anywhere else.</summary>
internal static class Terminal
{
    /// <summary>What a command made.</summary>
    internal static IAnsiConsole Output { get; } = Create(Console.Out, Console.IsOutputRedirected);

    /// <summary>Progress, which must not get into what is piped.</summary>
    internal static IAnsiConsole Error { get; } = Create(Console.Error, Console.IsErrorRedirected);

    /// <summary>Whether somebody watches standard error.</summary>
    internal static bool IsInteractive => Error.Profile.Capabilities is { Interactive: true, Ansi: true };

    /// <summary>A table with rules on a terminal and with bare columns elsewhere.</summary>
    internal static Table Table(IAnsiConsole console, params string[] columns)
    {
        var table = new Table { Border = console.Profile.Capabilities.Ansi ? TableBorder.Simple : TableBorder.None };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)).NoWrap());
        }

        return table;
    }

    private static IAnsiConsole Create(TextWriter writer, bool isRedirected)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = isRedirected ? AnsiSupport.No : AnsiSupport.Detect,
            Interactive = isRedirected ? InteractionSupport.No : InteractionSupport.Detect,
            Out = new AnsiConsoleOutput(writer),
        });
        if (isRedirected)
        {
            // A file has no edge at which a line would have to be broken.
            console.Profile.Width = short.MaxValue;
        }

        return console;
    }
}
