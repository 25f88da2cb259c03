using System.Text.Json;
using Spectre.Console;

namespace DiaNative.Cli;

/// <summary>What speaking with a model would take, as <c>dianative info</c> shows it.</summary>
internal sealed class MemoryReport
{
    // The work that the documentation measures.
    private const int ExampleTextLength = 200;
    private const int ExampleSeconds = 10;

    private static readonly (string Name, string Key, Func<DeviceMemory, long> Bytes)[] s_items =
    [
        ("weights", "weights", memory => memory.Weights),
        ("self-attention caches", "self_cache", memory => memory.SelfCache),
        ("cross-attention caches", "cross_cache", memory => memory.CrossCache),
        ("text encoder", "encoder", memory => memory.Encoder),
        ("prefill", "prefill", memory => memory.Prefill),
        ("step", "step", memory => memory.Step),
        ("codec", "codec", memory => memory.Codec),
        ("audio", "audio", memory => memory.Audio),
        ("logits and tokens", "other", memory => memory.Other),
        ("the process itself", "process", memory => memory.Process),
        ("peak of the first speech", "total", memory => memory.Total),
        ("peak while streaming", "total_streaming", memory => memory.TotalStreaming),
    ];

    private readonly List<(string Title, string Key, MemoryEstimate Estimate)> _estimates = [];

    private MemoryReport(string path)
    {
        int positions = (int)Math.Ceiling(ExampleSeconds * new DacConfig().FrameRate) + new DiaConfig().DelayPattern.Max() + 1;
        var example = new MemoryRequest { TextLength = ExampleTextLength, Generation = new GenerationOptions { MaxNewTokens = positions } };
        try
        {
            _estimates.Add(($"{ExampleTextLength} characters, {ExampleSeconds} s", "example", DiaModel.EstimateMemory(path, example)));
        }
        catch (TextTooLongException)
        {
            // So small a model is told of by its longest text alone.
        }

        _estimates.Add(("the longest", "longest", DiaModel.EstimateMemory(path)));
    }

    /// <summary>The report of a file, or null for one that no model can be loaded from.</summary>
    internal static MemoryReport? Of(string path)
    {
        try
        {
            return new MemoryReport(path);
        }
        catch (DiaFileException)
        {
            return null;
        }
    }

    internal void Write(IAnsiConsole console)
    {
        for (int device = 0; device < _estimates[0].Estimate.Devices.Count; device++)
        {
            DeviceMemory[] columns = [.. _estimates.Select(estimate => estimate.Estimate.Devices[device])];
            Table table = Terminal.Table(console, [$"memory, {columns[0].Device}", .. _estimates.Select(estimate => estimate.Title)]);
            foreach ((string name, _, Func<DeviceMemory, long> bytes) in s_items)
            {
                table.AddRow([new Text(name), .. columns.Select(memory => new Text(ByteCount.Text(bytes(memory))))]);
            }

            console.Write(table);
            console.WriteLine();
        }
    }

    internal void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject("memory");
        foreach ((_, string key, MemoryEstimate estimate) in _estimates)
        {
            writer.WriteStartArray(key);
            foreach (DeviceMemory device in estimate.Devices)
            {
                writer.WriteStartObject();
                writer.WriteString("device", device.Device);
                foreach ((_, string item, Func<DeviceMemory, long> bytes) in s_items)
                {
                    writer.WriteNumber(item, bytes(device));
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
    }
}
