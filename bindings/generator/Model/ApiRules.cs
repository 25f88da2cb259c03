namespace DiaNative.BindingsGenerator.Model;

/// <summary>
/// What every declaration of <c>dia.h</c> keeps to, so that one layout holds on every 64-bit target and every generator reads
/// the same thing.
/// </summary>
internal static class ApiRules
{
    /// <summary>Checks the model.</summary>
    /// <returns>One sentence per violation.</returns>
    public static IReadOnlyList<string> Check(ApiModel model) =>
    [
        .. Undocumented(model),
        .. model.Enums.Where(e => e.Members.All(m => m.Value >= 0)).Select(e =>
            $"{e.Name} has no negative member; compilers would disagree on whether it is signed"),
        .. model.Structs.SelectMany(HiddenPadding),
        .. model.Functions.Where(f => !f.Name.StartsWith("dia_", StringComparison.Ordinal)).Select(f =>
            $"the function {f.Name} does not begin with dia_, so the library does not export it"),
        .. ByValue(model),
    ];

    private static IEnumerable<string> Undocumented(ApiModel model)
    {
        IEnumerable<(string Name, string Doc)> declarations =
        [
            .. model.Constants.Select(c => (c.Name, c.Doc)),
            .. model.Enums.Select(e => (e.Name, e.Doc)),
            .. model.Enums.SelectMany(e => e.Members).Select(m => (m.Name, m.Doc)),
            .. model.OpaqueTypes.Select(o => (o.Name, o.Doc)),
            .. model.Callbacks.Select(c => (c.Name, c.Doc)),
            .. model.Structs.Select(s => (s.Name, s.Doc)),
            .. model.Structs.SelectMany(s => s.Fields.Select(f => ($"{s.Name}.{f.Name}", f.Doc))),
            .. model.Functions.Select(f => (f.Name, f.Doc)),
        ];
        return declarations.Where(d => d.Doc.Length == 0).Select(d => $"{d.Name} has no comment");
    }

    private static IEnumerable<string> HiddenPadding(ApiStruct type)
    {
        int end = 0;
        foreach (ApiField field in type.Fields)
        {
            if (field.Offset != end)
            {
                yield return $"{type.Name}.{field.Name} is at byte {field.Offset}, but the field before it ends at {end}; name the padding";
            }
            end = field.Offset + field.Size;
        }
        if (end != type.Size)
        {
            yield return $"{type.Name} has {type.Size} bytes, but its last field ends at {end}; name the padding";
        }
    }

    private static IEnumerable<string> ByValue(ApiModel model)
    {
        HashSet<string> aggregates = [.. model.Structs.Select(s => s.Name), .. model.OpaqueTypes.Select(o => o.Name)];
        return
            from function in model.Functions
            from type in function.Parameters.Select(p => p.Type).Append(function.Returns)
            where type.Pointers == 0 && aggregates.Contains(type.Name)
            select $"{function.Name} passes {type.Name} by value; pass a pointer";
    }
}
