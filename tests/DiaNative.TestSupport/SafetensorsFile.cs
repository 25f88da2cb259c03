using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace DiaNative.TestSupport;

/// <summary>A safetensors file with 32-bit tensors, as tests/golden/README.md describes it.</summary>
public sealed class SafetensorsFile
{
    private readonly byte[] _bytes;
    private readonly int _dataStart;
    private readonly Dictionary<string, JsonElement> _entries;

    public SafetensorsFile(string path)
    {
        _bytes = File.ReadAllBytes(path);
        int headerSize = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(_bytes));
        _dataStart = sizeof(ulong) + headerSize;
        using JsonDocument header = JsonDocument.Parse(_bytes.AsMemory(sizeof(ulong), headerSize));
        _entries = header.RootElement.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.Clone());
    }

    public bool Contains(string name) => _entries.ContainsKey(name);

    public int[] Shape(string name) => [.. _entries[name].GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];

    public float[] Floats(string name) => Values<float>(name, "F32");

    public int[] Integers(string name) => Values<int>(name, "I32");

    public int[,] Matrix(string name)
    {
        int[] shape = Shape(name);
        var matrix = new int[shape[0], shape[1]];
        Buffer.BlockCopy(Integers(name), 0, matrix, 0, sizeof(int) * matrix.Length);
        return matrix;
    }

    public int[,,] Cube(string name)
    {
        int[] shape = Shape(name);
        var cube = new int[shape[0], shape[1], shape[2]];
        Buffer.BlockCopy(Integers(name), 0, cube, 0, sizeof(int) * cube.Length);
        return cube;
    }

    private T[] Values<T>(string name, string type)
        where T : unmanaged
    {
        JsonElement entry = _entries[name];
        string? found = entry.GetProperty("dtype").GetString();
        if (found != type)
        {
            throw new InvalidDataException($"Tensor '{name}' is {found}, not {type}.");
        }

        int begin = _dataStart + entry.GetProperty("data_offsets")[0].GetInt32();
        int end = _dataStart + entry.GetProperty("data_offsets")[1].GetInt32();
        return MemoryMarshal.Cast<byte, T>(_bytes.AsSpan(begin, end - begin)).ToArray();
    }
}
