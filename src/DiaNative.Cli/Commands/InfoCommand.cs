using System.CommandLine;
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
        var file = new Argument<string>("file") { Description = "A GGUF file, of whatever architecture, or the name of a pulled model" };
        var report = new ReportArguments();
        var command = new Command("info", "Shows what a GGUF file holds: metadata, tensors, sizes, and the memory that speaking with it takes") { file };
        report.AddTo(command);
        command.SetAction(parsed =>
        {
            string path = ModelChoice.Find(parsed.GetRequiredValue(file));
            GgufFile gguf = GgufFile.Open(path);
            report.Write(parsed, console => WriteTables(console, path, gguf), writer => WriteMembers(writer, path, gguf));
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
                new Text(tensor.Name), new Text(tensor.Type), new Text(string.Join(" x ", tensor.Dimensions)), new Text(ByteCount.Exact(tensor.SizeInBytes)),
                new Text(ByteCount.Exact(tensor.Offset)));
        }

        console.Write(metadata);
        console.WriteLine();
        console.Write(tensors);
        console.WriteLine();
        TensorTotals.Write(console, gguf.Tensors);
        MemoryReport.Of(path)?.Write(console);
        console.WriteLine($"{path}: {gguf.Tensors.Count} tensors, {gguf.Metadata.Count} metadata entries, {ByteCount.Exact(new FileInfo(path).Length)} bytes");
    }

    private static void WriteMembers(Utf8JsonWriter writer, string path, GgufFile gguf)
    {
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
}
