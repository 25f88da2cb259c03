using CppSharp.AST;
using CppSharp.AST.Extensions;
using DiaNative.BindingsGenerator.FrontEnds;
using DiaNative.BindingsGenerator.Model;
using Type = CppSharp.AST.Type;

namespace DiaNative.BindingsGenerator.CppSharp;

/// <summary>Turns what CppSharp parsed into the model. Names are the original ones: its passes rename declarations.</summary>
internal static class TranslationUnitReader
{
    public static ApiModel Read(TranslationUnit unit, Header header)
    {
        ModelBuilder builder = new(header);
        foreach (Enumeration type in unit.Enums)
        {
            builder.AddEnum(NameOf(type), type.Items.Select(item => (NameOf(item), ValueOf(item))));
        }
        foreach (TypedefDecl typedef in unit.Typedefs)
        {
            if (FunctionBehind(typedef.Type) is { } function)
            {
                builder.AddCallback(NameOf(typedef), TypeOf(function.ReturnType), function.Parameters.Select(p => TypeOf(p.QualifiedType)));
            }
        }
        foreach (Class type in unit.Classes)
        {
            AddClass(builder, type);
        }
        foreach (Function function in unit.Functions)
        {
            builder.AddFunction(
                NameOf(function), TypeOf(function.ReturnType), function.Parameters.Select(p => new ApiParameter(NameOf(p), TypeOf(p.QualifiedType))));
        }
        return builder.Build();
    }

    private static void AddClass(ModelBuilder builder, Class type)
    {
        string name = NameOf(type);
        if (type.IsUnion)
        {
            throw new GeneratorException($"{name} is a union, which the interface may not contain");
        }
        if (type.IsIncomplete || type.Layout is null || type.Layout.Fields.Count == 0)
        {
            builder.AddOpaqueType(name);
            return;
        }
        builder.AddStruct(name, checked((int)type.Layout.Size), type.Layout.Fields.Select(field =>
        {
            ArrayType? array = field.QualifiedType.Type.Desugar() as ArrayType;
            return (field.Name, TypeOf(array?.QualifiedType ?? field.QualifiedType), checked((int)(array?.Size ?? 0)), checked((int)field.Offset));
        }));
    }

    // CppSharp holds every value as ulong; enumerators of the interface are 32-bit integers.
    private static long ValueOf(Enumeration.Item item) => unchecked((int)(uint)item.Value);

    private static string NameOf(Declaration declaration) => declaration.OriginalName ?? declaration.Name;

    private static FunctionType? FunctionBehind(Type type) => type is PointerType pointer ? pointer.QualifiedPointee.Type.Desugar() as FunctionType : null;

    private static CType TypeOf(QualifiedType type)
    {
        CType result = TypeOf(type.Type);
        // Const matters where something is pointed to; the const of a parameter itself is nobody's business.
        return type.Qualifiers.IsConst && result.Pointers == 0 ? result with { IsConst = true } : result;
    }

    private static CType TypeOf(Type type)
    {
        switch (type)
        {
            case TypedefType typedef when ModelBuilder.FundamentalTypes.ContainsKey(typedef.Declaration.Name):
                return new CType(typedef.Declaration.Name);
            case TypedefType typedef when FunctionBehind(typedef.Declaration.Type) is not null:
                return new CType(NameOf(typedef.Declaration));
            case TypedefType typedef:
                return TypeOf(typedef.Declaration.Type);
            case BuiltinType builtin:
                return ModelBuilder.Fundamental(builtin.Type switch
                {
                    PrimitiveType.Void => "void",
                    PrimitiveType.Char => "char",
                    PrimitiveType.Float => "float",
                    PrimitiveType.Double => "double",
                    _ => builtin.Type.ToString(),
                });
            case PointerType pointer:
                CType pointee = TypeOf(pointer.QualifiedPointee);
                return pointee with { Pointers = pointee.Pointers + 1 };
            case TagType tag:
                return new CType(NameOf(tag.Declaration));
            case AttributedType attributed:
                return TypeOf(attributed.Modified);
            default:
                throw new GeneratorException($"a {type.GetType().Name} is used as a type; the interface does not allow it");
        }
    }
}
