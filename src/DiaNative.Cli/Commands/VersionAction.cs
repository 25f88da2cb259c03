using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace DiaNative.Cli.Commands;

/// <summary>Prints the versions of the tool and of the native library, and the CPU level that was chosen.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    // Without the commit that the compiler appends.
    private static string ToolVersion =>
        typeof(VersionAction).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public override int Invoke(ParseResult parseResult)
    {
        TextWriter output = parseResult.InvocationConfiguration.Output;
        output.WriteLine($"dianative {ToolVersion}");
        output.WriteLine(DiaRuntime.SystemInfo);
        return ExitCode.Success;
    }
}
