using System.CommandLine;
using DiaNative.Cli;
using DiaNative.Cli.Commands;

Command root = RootCommandFactory.Create();
ParseResult parsed = root.Parse(args.Length > 0 ? args : ["--help"]);
if (parsed.Errors.Count > 0)
{
    return FailureReport.WriteUsage(parsed);
}

using var interruption = new Interruption();
try
{
    // Exceptions and signals are handled here, in one place.
    var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
    return await parsed.InvokeAsync(configuration, interruption.Token).ConfigureAwait(false);
}
#pragma warning disable CA1031 // Whatever went wrong becomes one line and an exit code.
catch (Exception exception)
#pragma warning restore CA1031
{
    return FailureReport.Write(exception);
}
