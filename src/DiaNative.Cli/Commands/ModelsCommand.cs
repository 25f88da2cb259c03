using System.CommandLine;
using System.Globalization;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative models</c>: the models that were pulled.</summary>
internal static class ModelsCommand
{
    private const int ShortCommit = 8;

    internal static Command Create()
    {
        var name = new Argument<string>("name") { Description = "Its name, as 'dianative models' lists it" };
        var remove = new Command("remove", "Removes a pulled model; what was downloaded stays in the hub's cache") { name };
        remove.SetAction(parsed =>
        {
            PulledModel model = DiaModels.Remove(parsed.GetRequiredValue(name));
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model.Path} is removed: {model.SizeInBytes / 1e6:F1} MB"));
            return ExitCode.Success;
        });
        var list = new Command("list", "Lists them, the newest first");
        list.SetAction(_ => List());
        var command = new Command("models", "Lists the models that were pulled, the newest first") { list, remove };
        command.SetAction(_ => List());
        return command;
    }

    private static int List()
    {
        IReadOnlyList<PulledModel> models = DiaModels.List();
        if (models.Count == 0)
        {
            Console.Out.WriteLine($"There are no models in '{DiaModels.Directory}'. 'dianative pull {DiaHub.DefaultModel}' gets Dia-1.6B.");
            return ExitCode.Success;
        }

        Table table = Terminal.Table(Terminal.Output, "name", "MB", "types", "commit", "codec", "path");
        foreach (PulledModel model in models)
        {
            table.AddRow(
                new Text(model.Name),
                new Text((model.SizeInBytes / 1e6).ToString("F1", CultureInfo.InvariantCulture)),
                new Text(model.Origin?.Types ?? ""),
                new Text(model.Origin?.Commit is { Length: >= ShortCommit } commit ? commit[..ShortCommit] : ""),
                new Text(model.Origin?.CodecRepository ?? ""),
                new Text(model.Path));
        }

        Terminal.Output.Write(table);
        return ExitCode.Success;
    }
}
