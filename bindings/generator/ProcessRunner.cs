using System.Diagnostics;

namespace DiaNative.BindingsGenerator;

/// <summary>How a program ended and what it wrote, errors last.</summary>
internal sealed record ProcessResult(int ExitCode, string Output);

/// <summary>Runs a program to its end.</summary>
internal static class ProcessRunner
{
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    public static ProcessResult Run(string program, IEnumerable<string> arguments)
    {
        using Process process = new()
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        };
        process.Start();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new ProcessResult(process.ExitCode, output + errors.Result);
    }
}
