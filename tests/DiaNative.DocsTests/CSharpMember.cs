using System.Collections;
using System.Globalization;
using System.Reflection;

namespace DiaNative.DocsTests;

/// <summary>A public type, member or argument of the library, found by its name.</summary>
/// <param name="Path">How it was named.</param>
/// <param name="Default">
/// The value that it has if nobody gives one, as C# shows it; "required" for an argument without; <see langword="null"/> for what has no value.
/// </param>
internal sealed record CSharpMember(string Path, string? Default)
{
    private const string Required = "required";
    private const string Output = "output";
    private const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static;

    /// <summary>Whether a default of the reference is a value, rather than a word about the lack of one.</summary>
    internal static bool IsValue(string? python) => python is not (null or Required or Output);

    /// <summary>Finds <c>Type</c>, <c>Type(argument)</c>, <c>Type.Member</c> or <c>Type.Method(argument)</c>.</summary>
    internal static CSharpMember? Find(string path)
    {
        string[] parts = path.TrimEnd(')').Split('(');
        string[] names = parts[0].Split('.');
        Type? type = typeof(DiaModel).Assembly.GetType($"DiaNative.{names[0]}");
        if (type is not { IsPublic: true } || names.Length > 2 || parts.Length > 2)
        {
            return null;
        }

        return (names, parts) switch
        {
            ([_], [_]) => new CSharpMember(path, Default: null),
            ([_], [_, var argument]) => OfArgument(path, type.GetConstructors(), argument),
            ([_, var member], [_]) => OfMember(path, type, member),
            ([_, var method], [_, var argument]) => OfArgument(path, type.GetMethods(Public).Where(candidate => candidate.Name == method), argument),
            _ => null,
        };
    }

    /// <summary>Whether a default of the reference, as Python shows it, is that of C#.</summary>
    internal static bool IsSame(string python, string? csharp) => python switch
    {
        Required => csharp == Required,
        "None" => csharp == "null",
        "True" => csharp == "true",
        "False" => csharp == "false",
        ['\'', .., '\''] => csharp == $"\"{python[1..^1]}\"",
        ['(' or '[', .., ')' or ']'] => csharp == $"[{python[1..^1]}]",
        _ => double.TryParse(python, CultureInfo.InvariantCulture, out double expected)
            && double.TryParse(csharp, CultureInfo.InvariantCulture, out double actual)
            && (expected.Equals(actual) || ((float)expected).Equals((float)actual)),
    };

    private static CSharpMember? OfArgument(string path, IEnumerable<MethodBase> methods, string name)
    {
        ParameterInfo[] candidates = [.. methods.SelectMany(method => method.GetParameters()).Where(parameter => parameter.Name == name)];

        // Of overloads, the one that asks for less decides.
        ParameterInfo? parameter = candidates.FirstOrDefault(candidate => candidate.HasDefaultValue) ?? candidates.FirstOrDefault();
        return parameter is null ? null : new CSharpMember(path, parameter.HasDefaultValue ? Show(parameter.DefaultValue) : Required);
    }

    private static CSharpMember? OfMember(string path, Type type, string name) => type.GetMember(name, Public).FirstOrDefault() switch
    {
        null => null,
        PropertyInfo { SetMethod.IsPublic: true } property when type.GetConstructor([]) is { } constructor =>
            new CSharpMember(path, Show(property.GetValue(constructor.Invoke(null)))),
        PropertyInfo property when type.IsDefined(typeof(System.Runtime.CompilerServices.RequiredMemberAttribute), inherit: false) && property.SetMethod is not null =>
            new CSharpMember(path, Required),
        PropertyInfo property when type.GetMethod("<Clone>$") is not null && type.GetConstructor([]) is { } constructor =>
            new CSharpMember(path, Show(property.GetValue(constructor.Invoke(null)))),
        _ => new CSharpMember(path, Default: null),
    };

    private static string Show(object? value) => value switch
    {
        null => "null",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        Enum member => $"{member.GetType().Name}.{member}",
        IEnumerable list => $"[{string.Join(", ", list.Cast<object?>().Select(Show))}]",
        IFormattable number when value.GetType().IsPrimitive => number.ToString(null, CultureInfo.InvariantCulture),
        _ when value.Equals(Activator.CreateInstance(value.GetType())) => $"new {value.GetType().Name}()",
        _ => value.ToString()!,
    };
}
