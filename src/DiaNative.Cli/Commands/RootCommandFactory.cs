using System.CommandLine;
using System.CommandLine.Parsing;

namespace DiaNative.Cli.Commands;

/// <summary>The command <c>dianative</c> with all its subcommands.</summary>
internal static class RootCommandFactory
{
    internal static RootCommand Create()
    {
        var root = new RootCommand("""
            Dia text-to-dialogue: a script of two speakers becomes a WAV file.

            Exit codes: 0 success; 1 a file, the model or the machine failed; 2 the command line or the text is wrong;
            130 cancelled by Ctrl-C (what was spoken is kept).
            """)
        {
            SpeakCommand.Create(),
            DemoCommand.Create(),
            ConvertCommand.Create(),
            InfoCommand.Create(),
        };
        root.Options.OfType<VersionOption>().Single().Action = new VersionAction();
        return root;
    }

    /// <summary>The words that name a command, for a hint such as <c>dianative speak --help</c>.</summary>
    internal static string PathOf(CommandResult command)
    {
        string name = command.Command is RootCommand ? "dianative" : command.Command.Name;
        return command.Parent is CommandResult parent ? $"{PathOf(parent)} {name}" : name;
    }
}
