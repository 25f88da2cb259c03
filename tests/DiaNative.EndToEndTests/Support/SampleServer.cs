using System.Diagnostics;

namespace DiaNative.EndToEndTests.Support;

/// <summary>The sample of a server, running as a process of its own on a free port.</summary>
internal sealed class SampleServer : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(1);

    private readonly Process _process;

    private SampleServer(Process process, string address)
    {
        _process = process;
        Client = new HttpClient { BaseAddress = new Uri(address), Timeout = s_timeout };
    }

    internal HttpClient Client { get; }

    /// <exception cref="InvalidOperationException">The server ended, or does not say where it listens; the message has what it printed.</exception>
    internal static async Task<SampleServer> StartAsync(params string[] arguments)
    {
        string executable = CommandLineTool.Metadata("SampleServer") + (OperatingSystem.IsWindows() ? ".exe" : "");
        var info = new ProcessStartInfo(executable, ["--urls", "http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(executable),
        };
        Process process = Process.Start(info) ?? throw new InvalidOperationException($"'{executable}' could not be started.");
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(s_timeout);
        var printed = new List<string>();
        while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
        {
            printed.Add(line);
            int at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at >= 0)
            {
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None); // A full pipe would stop it.
                return new SampleServer(process, line[(at + Listening.Length)..].Trim());
            }
        }

        await process.WaitForExitAsync(timeout.Token);
        throw new InvalidOperationException($"The server ended: {string.Join('\n', printed)}\n{await errors}");
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
