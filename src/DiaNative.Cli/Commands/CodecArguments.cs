using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>The options of commands that need a codec and speak nothing.</summary>
internal sealed class CodecArguments
{
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The GGUF whose codec to use, or the name of a pulled model; by default as for speak" };

    private readonly Option<int?> _threads = new("--threads") { Description = "CPU threads; the physical cores if not given", HelpName = "n" };

    internal void AddTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_threads);
    }

    /// <summary>Loads the model and hands its codec to <paramref name="work"/>.</summary>
    internal async Task UseAsync(ParseResult parsed, Func<DacCodec, Task> work, CancellationToken cancellationToken)
    {
        string path = ModelChoice.Resolve(parsed.GetValue(_model));
        var options = new DiaModelOptions { Threads = parsed.GetValue(_threads) };
        using DiaModel model = await DiaModel.LoadAsync(path, options, progress: null, cancellationToken).ConfigureAwait(false);
        using var codec = new DacCodec(model);
        await work(codec).ConfigureAwait(false);
    }
}
