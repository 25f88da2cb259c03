using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace DiaNative.Tests;

/// <summary>Writes the public types and members of an assembly as lines of C#-like text, sorted.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    internal static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal))
        {
            text.Append(Header(type)).Append('\n');
            foreach (string member in Members(type).Order(StringComparer.Ordinal))
            {
                text.Append("    ").Append(member).Append('\n');
            }

            text.Append('\n');
        }

        return text.ToString();
    }

    private static string Header(Type type)
    {
        string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : IsRecord(type) ? "record" : "class";
        string modifier = type switch
        {
            { IsEnum: true } or { IsInterface: true } or { IsValueType: true } => "",
            { IsAbstract: true, IsSealed: true } => "static ",
            { IsSealed: true } => "sealed ",
            { IsAbstract: true } => "abstract ",
            _ => "",
        };
        string[] bases = [.. (type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType ? new[] { parent } : [])
            .Concat(type.IsEnum ? [] : type.GetInterfaces().Except(type.BaseType?.GetInterfaces() ?? []).Where(contract => !contract.IsGenericType))
            .Select(Name)];
        return $"{modifier}{kind} {Name(type)}{(bases.Length > 0 ? " : " + string.Join(", ", bases) : "")}";
    }

    private static IEnumerable<string> Members(Type type)
    {
        if (type.IsEnum)
        {
            return type.GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(field => $"{field.Name} = {Literal(field.GetRawConstantValue())}");
        }

        return type.GetFields(Declared).Where(field => field.IsPublic).Select(Describe)
            .Concat(type.GetConstructors(Declared).Where(IsVisible).Select(constructor => $"{Name(type)}({Parameters(constructor)})"))
            .Concat(type.GetProperties(Declared).Where(property => IsVisible(property.GetMethod)).Select(Describe))
            .Concat(type.GetMethods(Declared).Where(method => IsVisible(method) && IsWritten(method)).Select(Describe));
    }

    private static bool IsVisible(MethodBase? method) => method is { IsPublic: true } or { IsFamily: true } or { IsFamilyOrAssembly: true };

    // Not accessors, operators and what the compiler makes for a record.
    private static bool IsWritten(MethodInfo method) =>
        !method.IsSpecialName && !method.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) && !method.Name.StartsWith('<');

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static string Describe(FieldInfo field) =>
        (field.IsLiteral ? "const " : "") + $"{Name(field.FieldType)} {field.Name}" +
        (field.IsLiteral ? $" = {Literal(field.GetRawConstantValue())}" : "");

    private static string Describe(PropertyInfo property)
    {
        bool isInit = property.SetMethod?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        string setter = !IsVisible(property.SetMethod) ? "" : isInit ? " init;" : " set;";
        string modifier = property.GetMethod!.IsStatic ? "static " : "";
        string type = $"{Name(property.PropertyType)}{Mark(s_nullability.Create(property).ReadState, property.PropertyType)}";
        return $"{modifier}{type} {property.Name} {{ get;{setter} }}";
    }

    private static string Describe(MethodInfo method)
    {
        string modifier = method.IsStatic ? "static " : method.GetBaseDefinition() != method ? "override " : "";
        string result = $"{Name(method.ReturnType)}{Mark(s_nullability.Create(method.ReturnParameter).ReadState, method.ReturnType)}";
        return $"{modifier}{result} {method.Name}({Parameters(method)})";
    }

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(parameter =>
    {
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.DefaultValue)}" : "";
        return $"{Name(parameter.ParameterType)}{Mark(s_nullability.Create(parameter).ReadState, parameter.ParameterType)} {parameter.Name}{value}";
    }));

    private static string Mark(NullabilityState state, Type type) => state == NullabilityState.Nullable && !type.IsValueType ? "?" : "";

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Name(Type type) => type switch
    {
        _ when Nullable.GetUnderlyingType(type) is { } underlying => Name(underlying) + "?",
        { IsArray: true } => $"{Name(type.GetElementType()!)}[{new string(',', type.GetArrayRank() - 1)}]",
        { IsGenericType: true } => $"{type.Name[..type.Name.IndexOf('`')]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>",
        _ when type == typeof(int) => "int",
        _ when type == typeof(long) => "long",
        _ when type == typeof(ulong) => "ulong",
        _ when type == typeof(float) => "float",
        _ when type == typeof(double) => "double",
        _ when type == typeof(bool) => "bool",
        _ when type == typeof(string) => "string",
        _ when type == typeof(object) => "object",
        _ when type == typeof(void) => "void",
        _ => type.Name,
    };
}
