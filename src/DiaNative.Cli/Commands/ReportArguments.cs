using System.CommandLine;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary>The option that says whether what there is to tell of a file is for people or for a program.</summary>
internal sealed class ReportArguments
{
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON for a program instead of tables" };

    internal void AddTo(Command command) => command.Options.Add(_json);

    /// <summary>Prints tables, or the members of one JSON object.</summary>
    internal void Write(ParseResult parsed, Action<IAnsiConsole> writeTables, Action<Utf8JsonWriter> writeMembers)
    {
        if (parsed.GetValue(_json))
        {
            Console.Out.WriteLine(JsonObject(writeMembers));
        }
        else
        {
            writeTables(Terminal.Output);
        }
    }

    private static string JsonObject(Action<Utf8JsonWriter> writeMembers)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writeMembers(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
