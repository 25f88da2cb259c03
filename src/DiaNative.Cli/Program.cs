using System.CommandLine;
using DiaNative.Cli;
using DiaNative.Cli.Commands;

RootCommand root = RootCommandFactory.Create();
ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    return FailureReport.WriteUsage(parsed.Errors[0].Message, RootCommandFactory.PathOf(parsed.CommandResult));
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
