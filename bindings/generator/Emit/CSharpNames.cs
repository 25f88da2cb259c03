namespace DiaNative.BindingsGenerator.Emit;

/// <summary>How names of C become names of C#.</summary>
internal static class CSharpNames
{
    private static readonly HashSet<string> s_keywords =
    [
        "base", "checked", "decimal", "delegate", "event", "fixed", "in", "internal", "is", "lock", "new", "null", "object", "operator",
        "out", "override", "params", "readonly", "ref", "string", "this", "unchecked",
    ];

    /// <summary><c>dia_model_params</c> becomes <c>DiaModelParams</c>. Words with a digit keep their case: <c>F16</c>.</summary>
    public static string Pascal(string name)
    {
        string result = "";
        foreach (string word in name.Split('_', StringSplitOptions.RemoveEmptyEntries))
        {
            // Q8_0, not Q80.
            string separator = result.Length > 0 && char.IsDigit(result[^1]) && char.IsDigit(word[0]) ? "_" : "";
            result += separator + char.ToUpperInvariant(word[0]) + (word.Any(char.IsDigit) ? word[1..] : word[1..].ToLowerInvariant());
        }
        return result;
    }

    /// <summary><c>DIA_STATUS_INVALID_FILE</c> of <c>dia_status</c> becomes <c>InvalidFile</c>.</summary>
    public static string EnumMember(string enumName, string member)
    {
        string prefix = enumName.ToUpperInvariant() + "_";
        return member.StartsWith(prefix, StringComparison.Ordinal)
            ? Pascal(member[prefix.Length..])
            : throw new GeneratorException($"the enumerator {member} of {enumName} does not begin with {prefix}");
    }

    /// <summary>A parameter name, escaped where it is a keyword.</summary>
    public static string Identifier(string name) => s_keywords.Contains(name) ? "@" + name : name;
}
