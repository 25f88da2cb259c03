using System.CommandLine;
using System.CommandLine.Invocation;

namespace DiaNative.Cli.Commands;

/// <summary>Prints the versions of the tool and of the native library, and the CPU level that was chosen.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine($"dianative {DiaLibrary.Version}");
        output.WriteLine(DiaLibrary.SystemInformation);
        return ExitCode.Success;
    }
}
