using System.Text.Json.Serialization;

namespace DiaNative.BindingsGenerator.Model;

/// <summary>
/// A type of the C interface: a name, how many pointers stand behind it, and whether what the innermost pointer points to is
/// const. The interface needs no more than that; arrays occur only as fields (<see cref="ApiField.Count"/>).
/// </summary>
[JsonConverter(typeof(CTypeJsonConverter))]
internal sealed record CType(string Name, int Pointers = 0, bool IsConst = false)
{
    /// <summary>The type as C spells it: <c>const char *</c>.</summary>
    public override string ToString() => $"{(IsConst ? "const " : "")}{Name}{(Pointers > 0 ? " " : "")}{new string('*', Pointers)}";

    /// <summary>A declaration of <paramref name="identifier"/> with this type: <c>const char *path</c>.</summary>
    public string Declare(string identifier) => Pointers > 0 ? this + identifier : $"{this} {identifier}";

    /// <summary>The inverse of <see cref="ToString"/>.</summary>
    public static CType Parse(string text)
    {
        string name = text.TrimEnd('*');
        int pointers = text.Length - name.Length;
        name = name.Trim();
        bool isConst = name.StartsWith("const ", StringComparison.Ordinal);
        return new CType(isConst ? name["const ".Length..] : name, pointers, isConst);
    }
}
