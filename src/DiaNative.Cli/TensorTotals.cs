using Spectre.Console;

namespace DiaNative.Cli;

/// <summary>How many tensors of each type there are, and their bytes: a line per type.</summary>
internal static class TensorTotals
{
    internal static void Write(IAnsiConsole console, IEnumerable<GgufTensor> tensors)
    {
        foreach (IGrouping<string, GgufTensor> type in tensors.GroupBy(tensor => tensor.Type).OrderBy(type => type.Key, StringComparer.Ordinal))
        {
            console.WriteLine($"{type.Count(),6} {type.Key} tensors: {ByteCount.Exact(type.Sum(tensor => tensor.SizeInBytes))} bytes");
        }
    }
}
