using System.Diagnostics;
using System.Reflection;

namespace DiaNative.EndToEndTests.Support;

/// <summary>Runs <c>dianative</c> as a process of its own, as a shell would.</summary>
internal static class CommandLineTool
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(5);

    internal static string RepositoryRoot { get; } = Metadata("RepositoryRoot");

    /// <summary>The embedded model and its description, as they lie beside the tool.</summary>
    internal static string EmbeddedModelFolder => Path.Combine(Path.GetDirectoryName(ExecutablePath)!, "Models");

    private static string ExecutablePath { get; } = Metadata("CommandLineTool") + (OperatingSystem.IsWindows() ? ".exe" : "");

    internal static Task<ToolResult> RunAsync(params string[] arguments) => RunAsync(new ToolStart(arguments));

    internal static async Task<ToolResult> RunAsync(ToolStart start)
    {
        using Process process = Start(start);
        return await FinishAsync(process, start.Input);
    }

    /// <summary>Starts the tool; <see cref="FinishAsync"/> waits for it.</summary>
    internal static Process Start(ToolStart start)
    {
        var info = new ProcessStartInfo(ExecutablePath, start.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = start.WorkingDirectory,
        };
        // The models, the cache and the token of whoever runs the tests are none of their business.
        foreach (string name in info.Environment.Keys.Where(name => name.StartsWith("HF_", StringComparison.Ordinal)).ToArray())
        {
            info.Environment.Remove(name);
        }

        info.Environment["DIANATIVE_HOME"] = Path.Combine(Path.GetTempPath(), "dianative-tests-without-models");
        info.Environment["HF_HOME"] = info.Environment["DIANATIVE_HOME"];
        foreach ((string name, string value) in start.Environment)
        {
            info.Environment[name] = value;
        }

        return Process.Start(info) ?? throw new InvalidOperationException($"'{ExecutablePath}' could not be started.");
    }

    internal static async Task<ToolResult> FinishAsync(Process process, string input = "")
    {
        using var timeout = new CancellationTokenSource(s_timeout);
        Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The tool ended without reading, as it does after a wrong option.
        }

        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"dianative did not end within {s_timeout.TotalSeconds} s.");
        }

        return new ToolResult(process.ExitCode, await output, await error);
    }

    /// <summary>What the project file says about places.</summary>
    internal static string Metadata(string key) =>
        typeof(CommandLineTool).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
