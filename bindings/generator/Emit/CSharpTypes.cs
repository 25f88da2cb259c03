using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.Emit;

/// <summary>How types of C become types of C#; all of them blittable.</summary>
internal sealed class CSharpTypes(ApiModel model)
{
    private static readonly Dictionary<string, string> s_fundamental = new()
    {
        ["void"] = "void",
        ["char"] = "byte",
        ["int8_t"] = "sbyte",
        ["uint8_t"] = "byte",
        ["int16_t"] = "short",
        ["uint16_t"] = "ushort",
        ["int32_t"] = "int",
        ["uint32_t"] = "uint",
        ["int64_t"] = "long",
        ["uint64_t"] = "ulong",
        ["float"] = "float",
        ["double"] = "double",
    };

    private readonly Dictionary<string, ApiCallback> _callbacks = model.Callbacks.ToDictionary(c => c.Name);

    public string Map(CType type) => Base(type.Name) + new string('*', type.Pointers);

    private string Base(string name)
    {
        if (s_fundamental.TryGetValue(name, out string? fundamental))
        {
            return fundamental;
        }
        return _callbacks.TryGetValue(name, out ApiCallback? callback)
            ? $"delegate* unmanaged[Cdecl]<{string.Join(", ", callback.Parameters.Append(callback.Returns).Select(Map))}>"
            : CSharpNames.Pascal(name);
    }
}
