using Microsoft.Extensions.Logging.Abstractions;

namespace DiaNative.Interop;

/// <summary>A <c>dia_gguf</c>: the directory of a GGUF file.</summary>
internal sealed unsafe class GgufHandle : NativeHandle
{
    private GgufHandle(nint value)
        : base(value, NullLogger.Instance)
    {
    }

    /// <summary>Takes a directory that a native call returned.</summary>
    internal static GgufHandle Own(DiaGguf* gguf) => new((nint)gguf);

    internal static GgufHandle Open(string path)
    {
        NativeLibraryResolver.EnsureLoaded();
        byte* nativePath = Utf8.Allocate(path, nameof(path));
        try
        {
            DiaGguf* gguf;
            NativeStatus.ThrowIfFailed(NativeMethods.dia_gguf_open(nativePath, &gguf));
            return new GgufHandle((nint)gguf);
        }
        finally
        {
            Utf8.Free(nativePath);
        }
    }

    internal IReadOnlyList<GgufMetadata> ReadMetadata()
    {
        using var lease = new HandleLease(this);
        var gguf = (DiaGguf*)lease.Pointer;
        long count = NativeMethods.dia_gguf_metadata_count(gguf);
        var entries = new GgufMetadata[count];
        for (long i = 0; i < count; i++)
        {
            entries[i] = new GgufMetadata(
                Utf8.ToString(NativeMethods.dia_gguf_metadata_key(gguf, i)) ?? "",
                Utf8.ToString(NativeMethods.dia_gguf_metadata_type(gguf, i)) ?? "",
                Utf8.ToString(NativeMethods.dia_gguf_metadata_value(gguf, i)) ?? "");
        }

        return entries;
    }

    internal IReadOnlyList<GgufTensor> ReadTensors()
    {
        using var lease = new HandleLease(this);
        var gguf = (DiaGguf*)lease.Pointer;
        var tensors = new GgufTensor[NativeMethods.dia_gguf_tensor_count(gguf)];
        for (long i = 0; i < tensors.LongLength; i++)
        {
            DiaTensorInfo info = default;
            info.StructSize = (uint)sizeof(DiaTensorInfo);
            NativeStatus.ThrowIfFailed(NativeMethods.dia_gguf_get_tensor(gguf, i, &info));
            tensors[i] = new GgufTensor(
                Utf8.ToString(info.Name) ?? "",
                Utf8.ToString(info.TypeName) ?? "",
                new ReadOnlySpan<long>(info.Dimensions, info.NDimensions).ToArray(),
                info.Offset,
                info.NBytes);
        }

        return tensors;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_gguf_free((DiaGguf*)handle);
        return true;
    }
}
