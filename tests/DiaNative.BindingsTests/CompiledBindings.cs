using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using DiaNative.BindingsGenerator.Emit;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsTests;

/// <summary>Compares compiled bindings, by reflection, with a model: what the runtime will really do with what C declares.</summary>
internal sealed class CompiledBindings(Assembly assembly, ApiModel model)
{
    private const string Namespace = "DiaNative.Interop";
    private const BindingFlags InstanceFields = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
    private const BindingFlags StaticMembers = BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> s_keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(sbyte)] = "sbyte",
        [typeof(byte)] = "byte",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
    };

    private readonly CSharpTypes _types = new(model);

    /// <summary>One sentence per difference.</summary>
    public IReadOnlyList<string> Differences() =>
        [.. model.Enums.SelectMany(EnumDifferences), .. model.Structs.SelectMany(StructDifferences), .. OpaqueDifferences(), .. MethodDifferences()];

    private IEnumerable<string> EnumDifferences(ApiEnum expected)
    {
        Type type = TypeOf(expected.Name);
        if (Enum.GetUnderlyingType(type) != typeof(int))
        {
            yield return $"{type.Name} is not an int";
        }
        string[] wanted = [.. expected.Members.Select(m => $"{CSharpNames.EnumMember(expected.Name, m.Name)} = {m.Value}").Order()];
        string[] found = [.. Enum.GetNames(type).Select(n => $"{n} = {(int)Enum.Parse(type, n)}").Order()];
        if (!wanted.SequenceEqual(found))
        {
            yield return $"{type.Name}: expected {string.Join(", ", wanted)}; found {string.Join(", ", found)}";
        }
    }

    private IEnumerable<string> StructDifferences(ApiStruct expected)
    {
        Type type = TypeOf(expected.Name);
        int size = (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
        if (size != expected.Size)
        {
            yield return $"{type.Name} has {size} bytes, expected {expected.Size}";
        }
        FieldInfo[] fields = type.GetFields(InstanceFields);
        string[] wanted = [.. expected.Fields.Select(f =>
            $"{_types.Map(f.Type)}{(f.Count > 0 ? $"[{f.Count}]" : "")} {CSharpNames.Pascal(f.Name)} at {f.Offset}")];
        string[] found = [.. fields.Select(f => $"{Describe(f)} {f.Name} at {OffsetOf(type, f)}")];
        foreach ((string Wanted, string Found) pair in wanted.Zip(found).Where(p => p.First != p.Second))
        {
            yield return $"{type.Name}: expected {pair.Wanted}, found {pair.Found}";
        }
        if (wanted.Length != found.Length)
        {
            yield return $"{type.Name} has {found.Length} fields, expected {wanted.Length}";
        }
    }

    private IEnumerable<string> OpaqueDifferences() =>
        from opaque in model.OpaqueTypes
        let type = TypeOf(opaque.Name)
        where type.GetFields(InstanceFields).Length > 0
        select $"{type.Name} has fields, but only the library may look into it";

    private IEnumerable<string> MethodDifferences()
    {
        Type methods = assembly.GetType($"{Namespace}.NativeMethods", throwOnError: true)!;
        foreach (ApiConstant constant in model.Constants)
        {
            object? value = methods.GetField(constant.Name, StaticMembers)?.GetRawConstantValue();
            if (!Equals(value, constant.Value))
            {
                yield return $"{constant.Name} is {value ?? "missing"}, expected {constant.Value}";
            }
        }
        Dictionary<string, MethodInfo> imports =
            methods.GetMethods(StaticMembers).Where(m => m.Name.StartsWith("dia_", StringComparison.Ordinal)).ToDictionary(m => m.Name);
        foreach (ApiFunction function in model.Functions)
        {
            if (!imports.Remove(function.Name, out MethodInfo? method))
            {
                yield return $"{function.Name} is not bound";
                continue;
            }
            string wanted = $"{_types.Map(function.Returns)} ({string.Join(", ", function.Parameters.Select(p => $"{_types.Map(p.Type)} {p.Name}"))})";
            string found = $"{Describe(method.ReturnType)} ({string.Join(", ", method.GetParameters().Select(p => $"{Describe(p.ParameterType)} {p.Name}"))})";
            if (wanted != found)
            {
                yield return $"{function.Name}: expected {wanted}, found {found}";
            }
            if (method.GetCustomAttribute<LibraryImportAttribute>() is not { LibraryName: "dia" } import || import.EntryPoint != function.Name)
            {
                yield return $"{function.Name} is not imported from dia under its own name";
            }
            if (method.GetCustomAttribute<UnmanagedCallConvAttribute>()?.CallConvs is not [Type convention] || convention != typeof(CallConvCdecl))
            {
                yield return $"{function.Name} is not called as cdecl";
            }
        }
        foreach (string name in imports.Keys)
        {
            yield return $"{name} is bound, but the header does not declare it";
        }
    }

    private Type TypeOf(string name) => assembly.GetType($"{Namespace}.{CSharpNames.Pascal(name)}", throwOnError: true)!;

    private static string Describe(FieldInfo field) =>
        field.GetCustomAttribute<FixedBufferAttribute>() is { } buffer ? $"{Describe(buffer.ElementType)}[{buffer.Length}]"
        : field.FieldType.IsFunctionPointer ? Describe(field.GetModifiedFieldType())
        : Describe(field.FieldType);

    private static string Describe(Type type)
    {
        if (type.IsFunctionPointer)
        {
            IEnumerable<Type> signature = type.GetFunctionPointerParameterTypes().Append(type.GetFunctionPointerReturnType());
            string convention = type.IsUnmanagedFunctionPointer ? " unmanaged[Cdecl]" : "";
            return $"delegate*{convention}<{string.Join(", ", signature.Select(t => Describe(t.UnderlyingSystemType)))}>";
        }
        return type.IsPointer ? Describe(type.GetElementType()!) + "*"
            : s_keywords.TryGetValue(type.UnderlyingSystemType, out string? keyword) ? keyword
            : type.Name;
    }

    // The field's address less that of its structure: the layout that the runtime uses, not the one for marshalling.
    private static long OffsetOf(Type type, FieldInfo field)
    {
        DynamicMethod method = new("OffsetOf", typeof(long), [], type.Module, skipVisibility: true);
        ILGenerator code = method.GetILGenerator();
        LocalBuilder value = code.DeclareLocal(type);
        code.Emit(OpCodes.Ldloca, value);
        code.Emit(OpCodes.Ldflda, field);
        code.Emit(OpCodes.Conv_U);
        code.Emit(OpCodes.Ldloca, value);
        code.Emit(OpCodes.Conv_U);
        code.Emit(OpCodes.Sub);
        code.Emit(OpCodes.Conv_I8);
        code.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<long>>()();
    }
}
