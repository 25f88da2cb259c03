namespace DiaNative.Cli;

/// <summary>What the process returns; documented in <c>docs/cli.md</c> and in the help.</summary>
internal static class ExitCode
{
    /// <summary>Everything that was asked for was done.</summary>
    internal const int Success = 0;

    /// <summary>A file, the model or the machine failed.</summary>
    internal const int Failure = 1;

    /// <summary>The command line or the text is wrong: an unknown option, a value outside its range, an empty text.</summary>
    internal const int Usage = 2;

    /// <summary>Ctrl-C or a termination signal; what was spoken until then is kept. 128 plus the number of SIGINT, as shells have it.</summary>
    internal const int Cancelled = 130;
}
