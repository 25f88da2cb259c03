using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace DiaNative.TestSupport;

/// <summary>
/// The public surface of an assembly, as lines of C#-like text, sorted. Who changes it on purpose copies the received file, which a
/// failure leaves beside the test assembly, over the approved one.
/// </summary>
public static class PublicApi
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext s_nullability = new();

    /// <summary>Fails if the surface is not the one in a file of the repository.</summary>
    public static void AssertApproved(Assembly assembly, params string[] approvedFile)
    {
        string approvedPath = RepositoryLayout.PathTo(approvedFile);
        string approved = File.Exists(approvedPath) ? File.ReadAllText(approvedPath).ReplaceLineEndings("\n") : "";
        string received = Describe(assembly);
        string receivedPath = Path.Combine(AppContext.BaseDirectory, Path.GetFileNameWithoutExtension(approvedPath) + ".received.txt");
        File.WriteAllText(receivedPath, received, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

        string[] removed = [.. approved.Split('\n').Except(received.Split('\n'))];
        string[] added = [.. received.Split('\n').Except(approved.Split('\n'))];
        Assert.True(
            approved == received,
            $"The public surface differs from {approvedPath}.\nGone:\n{string.Join('\n', removed)}\nNew:\n{string.Join('\n', added)}\n" +
            $"If that is meant so: cp {receivedPath} {approvedPath}");
    }

    private static string Describe(Assembly assembly)
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
