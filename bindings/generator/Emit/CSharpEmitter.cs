using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.Emit;

/// <summary>Writes the P/Invoke bindings: internal, blittable, without a marshalling stub.</summary>
internal sealed class CSharpEmitter
{
    private readonly ApiModel _model;
    private readonly CSharpTypes _types;
    private readonly CodeWriter _writer = new();

    private CSharpEmitter(ApiModel model)
    {
        _model = model;
        _types = new CSharpTypes(model);
    }

    public static string Emit(ApiModel model)
    {
        CSharpEmitter emitter = new(model);
        emitter.Write();
        return emitter._writer.ToString();
    }

    private void Write()
    {
        Banner.Write(_writer, _model);
        _writer.Line("#nullable enable");
        _writer.Line("#pragma warning disable CS0649 // Fields are written by the native side.");
        _writer.Line("#pragma warning disable CS1573 // The header explains a parameter where its name does not.");
        _writer.Line();
        _writer.Line("using System.Runtime.CompilerServices;");
        _writer.Line("using System.Runtime.InteropServices;");
        _writer.Line();
        _writer.Line("[assembly: DisableRuntimeMarshalling]");
        _writer.Line();
        _writer.Line("namespace DiaNative.Interop;");
        foreach (ApiEnum type in _model.Enums)
        {
            WriteEnum(type);
        }
        foreach (ApiOpaqueType type in _model.OpaqueTypes)
        {
            Document(type.Doc);
            _writer.Line($"internal readonly struct {CSharpNames.Pascal(type.Name)};");
        }
        foreach (ApiStruct type in _model.Structs)
        {
            WriteStruct(type);
        }
        WriteFunctions();
    }

    private void WriteEnum(ApiEnum type)
    {
        Document(type.Doc);
        _writer.Line($"internal enum {CSharpNames.Pascal(type.Name)} : int");
        _writer.Block(() =>
        {
            foreach (ApiConstant member in type.Members)
            {
                DocComment.WriteShort(_writer, member.Doc);
                _writer.Line($"{CSharpNames.EnumMember(type.Name, member.Name)} = {member.Value},");
            }
        });
    }

    private void WriteStruct(ApiStruct type)
    {
        Document(type.Doc);
        _writer.Line("[StructLayout(LayoutKind.Sequential)]");
        _writer.Line($"internal unsafe struct {CSharpNames.Pascal(type.Name)}");
        _writer.Block(() =>
        {
            foreach (ApiField field in type.Fields)
            {
                string name = CSharpNames.Pascal(field.Name);
                DocComment.WriteShort(_writer, field.Doc);
                _writer.Line(field.Count > 0
                    ? $"internal fixed {_types.Map(field.Type)} {name}[{field.Count}];"
                    : $"internal {_types.Map(field.Type)} {name};");
            }
        });
    }

    private void WriteFunctions()
    {
        _writer.Line();
        _writer.Line("/// <summary>The functions of the native library, under their own names.</summary>");
        _writer.Line("internal static unsafe partial class NativeMethods");
        _writer.Block(() =>
        {
            _writer.Line("/// <summary>The library that all functions come from.</summary>");
            _writer.Line("internal const string LibraryName = \"dia\";");
            foreach (ApiConstant constant in _model.Constants)
            {
                _writer.Line();
                DocComment.WriteShort(_writer, constant.Doc);
                _writer.Line($"internal const int {constant.Name} = {constant.Value};");
            }
            foreach (ApiFunction function in _model.Functions)
            {
                Document(function.Doc);
                IEnumerable<string> parameters = function.Parameters.Select(p => $"{_types.Map(p.Type)} {CSharpNames.Identifier(p.Name)}");
                _writer.Line($"[LibraryImport(LibraryName, EntryPoint = \"{function.Name}\")]");
                _writer.Line("[UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]");
                _writer.Line($"internal static partial {_types.Map(function.Returns)} {function.Name}({string.Join(", ", parameters)});");
            }
        });
    }

    private void Document(string doc)
    {
        _writer.Line();
        new DocComment(doc).Write(_writer);
    }
}
