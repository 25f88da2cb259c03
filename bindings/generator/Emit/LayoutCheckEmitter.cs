using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.Emit;

/// <summary>
/// Writes a C file that compiles only if the header declares what the model says: every size, offset, enumerator and field type
/// is asserted, every callback and function is declared a second time. It holds no code that runs.
/// </summary>
internal sealed class LayoutCheckEmitter
{
    private readonly ApiModel _model;
    private readonly CodeWriter _writer = new();

    private LayoutCheckEmitter(ApiModel model)
    {
        _model = model;
    }

    public static string Emit(ApiModel model)
    {
        LayoutCheckEmitter emitter = new(model);
        emitter.Write();
        return emitter._writer.ToString();
    }

    private void Write()
    {
        Banner.Write(_writer, _model);
        _writer.Line("#include <stddef.h>");
        _writer.Line();
        _writer.Line("#include \"dia/dia.h\"");
        _writer.Line();
        _writer.Line("/* Constants and enumerations */");
        foreach (ApiConstant constant in _model.Constants)
        {
            AssertEqual(constant.Name, constant.Value);
        }
        foreach (ApiEnum type in _model.Enums)
        {
            AssertEqual($"sizeof({type.Name})", 4);
            foreach (ApiConstant member in type.Members)
            {
                AssertEqual(member.Name, member.Value);
            }
        }
        _writer.Line();
        _writer.Line("/* Callbacks */");
        foreach (ApiCallback callback in _model.Callbacks)
        {
            _writer.Line($"typedef {callback.Returns.Declare($"(*{callback.Name})")}({Parameters(callback.Parameters.Select(p => p.ToString()))});");
        }
        foreach (ApiStruct type in _model.Structs)
        {
            WriteStruct(type);
        }
        _writer.Line();
        _writer.Line("/* Functions */");
        foreach (ApiFunction function in _model.Functions)
        {
            // Without this a function that the header lacks would simply be declared here.
            _writer.Line($"_Static_assert(sizeof(&{function.Name}) > 0, \"{function.Name}\");");
            string parameters = Parameters(function.Parameters.Select(p => p.Type.Declare(p.Name)));
            _writer.Line($"DIA_API {function.Returns.Declare(function.Name)}({parameters});");
        }
    }

    private void WriteStruct(ApiStruct type)
    {
        _writer.Line();
        _writer.Line($"/* {type.Name} */");
        AssertEqual($"sizeof({type.Name})", type.Size);
        foreach (ApiField field in type.Fields)
        {
            AssertEqual($"offsetof({type.Name}, {field.Name})", field.Offset);
            AssertEqual($"sizeof((({type.Name} *)0)->{field.Name})", field.Size);
        }
        // A pointer to each field, of the type that the model says it has.
        _writer.Line($"void dia_check_fields_of_{type.Name}({type.Name} *value);");
        _writer.Line($"void dia_check_fields_of_{type.Name}({type.Name} *value)");
        _writer.Block(() =>
        {
            foreach (ApiField field in type.Fields)
            {
                string pointer = field.Count > 0 ? $"(*{field.Name})[{field.Count}]" : $"*{field.Name}";
                _writer.Line($"{field.Type.Declare(pointer)} = &value->{field.Name};");
            }
            foreach (ApiField field in type.Fields)
            {
                _writer.Line($"(void){field.Name};");
            }
        });
    }

    private void AssertEqual(string expression, int expected) => _writer.Line($"_Static_assert({expression} == {expected}, \"{expression}\");");

    private static string Parameters(IEnumerable<string> parameters)
    {
        string list = string.Join(", ", parameters);
        return list.Length > 0 ? list : "void";
    }
}
