using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace DiaNative.Cli.Commands;

/// <summary><c>dianative info</c>: what a GGUF file holds, and what speaking with it takes.</summary>
internal static class InfoCommand
{
    // Longer values, such as vocabularies, would bury the rest of the table.
    private const int LongestValue = 100;

    internal static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A GGUF file, of whatever architecture" };
        var json = new Option<bool>("--json") { Description = "Print JSON for a program instead of tables" };
        var command = new Command("info", "Shows what a GGUF file holds: metadata, tensors, sizes, and the memory that speaking with it takes") { file, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetRequiredValue(file);
            GgufFile gguf = GgufFile.Open(path);
            if (parsed.GetValue(json))
            {
                Console.Out.WriteLine(ToJson(path, gguf));
            }
            else
            {
                WriteTables(Terminal.Output, path, gguf);
            }

            return ExitCode.Success;
        });
        return command;
    }

    private static void WriteTables(IAnsiConsole console, string path, GgufFile gguf)
    {
        Table metadata = Terminal.Table(console, "key", "type", "value");
        foreach (GgufMetadata entry in gguf.Metadata)
        {
            metadata.AddRow(new Text(entry.Key), new Text(entry.Type), new Text(Shortened(entry.Value)));
        }

        Table tensors = Terminal.Table(console, "tensor", "type", "dimensions", "bytes", "offset");
        foreach (GgufTensor tensor in gguf.Tensors)
        {
            tensors.AddRow(
                new Text(tensor.Name), new Text(tensor.Type), new Text(string.Join(" x ", tensor.Dimensions)), new Text(Grouped(tensor.SizeInBytes)),
                new Text(Grouped(tensor.Offset)));
        }

        console.Write(metadata);
        console.WriteLine();
        console.Write(tensors);
        console.WriteLine();
        foreach (IGrouping<string, GgufTensor> type in gguf.Tensors.GroupBy(tensor => tensor.Type).OrderBy(type => type.Key, StringComparer.Ordinal))
        {
            console.WriteLine($"{type.Count(),6} {type.Key} tensors: {Grouped(type.Sum(tensor => tensor.SizeInBytes))} bytes");
        }

        MemoryReport.Of(path)?.Write(console);
        console.WriteLine($"{path}: {gguf.Tensors.Count} tensors, {gguf.Metadata.Count} metadata entries, {Grouped(new FileInfo(path).Length)} bytes");
    }

    private static string ToJson(string path, GgufFile gguf)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true }))
        {
            writer.WriteStartObject();
            writer.WriteString("file", path);
            writer.WriteNumber("bytes", new FileInfo(path).Length);
            writer.WriteStartObject("metadata");
            foreach (GgufMetadata entry in gguf.Metadata)
            {
                writer.WriteStartObject(entry.Key);
                writer.WriteString("type", entry.Type);
                writer.WriteString("value", entry.Value);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteStartArray("tensors");
            foreach (GgufTensor tensor in gguf.Tensors)
            {
                WriteTensor(writer, tensor);
            }

            writer.WriteEndArray();
            MemoryReport.Of(path)?.Write(writer);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static void WriteTensor(Utf8JsonWriter writer, GgufTensor tensor)
    {
        writer.WriteStartObject();
        writer.WriteString("name", tensor.Name);
        writer.WriteString("type", tensor.Type);
        writer.WriteStartArray("dimensions");
        foreach (long dimension in tensor.Dimensions)
        {
            writer.WriteNumberValue(dimension);
        }

        writer.WriteEndArray();
        writer.WriteNumber("bytes", tensor.SizeInBytes);
        writer.WriteNumber("offset", tensor.Offset);
        writer.WriteEndObject();
    }

    private static string Shortened(string value)
    {
        string line = value.ReplaceLineEndings(" ");
        return line.Length <= LongestValue ? line : $"{line[..LongestValue]}... ({value.Length} characters)";
    }

    private static string Grouped(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
