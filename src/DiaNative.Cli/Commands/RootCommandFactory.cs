using System.CommandLine;
using System.CommandLine.Help;

namespace DiaNative.Cli.Commands;

/// <summary>The command <c>dianative</c> with all its subcommands.</summary>
internal static class RootCommandFactory
{
    internal static Command Create()
    {
        // No RootCommand, which would be named after the executable file.
        var root = new Command("dianative", """
            Dia text-to-dialogue: a script of two speakers becomes a WAV file.

            Exit codes: 0 success; 1 a file, the model or the machine failed; 2 the command line or the text is wrong;
            130 cancelled by Ctrl-C (what was spoken is kept).
            """)
        {
            SpeakCommand.Create(),
            DemoCommand.Create(),
            PullCommand.Create(),
            ModelsCommand.Create(),
            VoiceCommand.Create(),
            CodecCommand.Create(),
            ConvertCommand.Create(),
            QuantizeCommand.Create(),
            ImatrixCommand.Create(),
            CompareCommand.Create(),
            BenchCommand.Create(),
            InfoCommand.Create(),
            new HelpOption(),
            new VersionOption { Action = new VersionAction() },
        };
        return root;
    }
}
