using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace DiaNative.DocsTests;

/// <summary>
/// Every public name of the reference's Dia page, with its counterpart. What the reference has is in tests/data/reference-api.json, which
/// tests/golden/oracle/reference_api.py writes; what corresponds to it is in docs/reference-api.json, which is kept by hand.
/// </summary>
internal sealed class ReferenceApi
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    private ReferenceApi(Signatures reference, IReadOnlyDictionary<string, IReadOnlyDictionary<string, Counterpart>> counterparts)
    {
        Reference = reference.Reference;
        Members = reference.Members;
        Counterparts = counterparts;
    }

    /// <summary>The reference and its version.</summary>
    internal string Reference { get; }

    /// <summary>Its members: arguments by name, with the default as Python shows it.</summary>
    internal IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Members { get; }

    /// <summary>By member, counterparts of its arguments by name; that of the member itself is named "".</summary>
    internal IReadOnlyDictionary<string, IReadOnlyDictionary<string, Counterpart>> Counterparts { get; }

    internal static ReferenceApi Load() => new(
        Read<Signatures>("tests", "data", "reference-api.json"),
        Read<Dictionary<string, IReadOnlyDictionary<string, Counterpart>>>("docs", "reference-api.json"));

    /// <summary>The tables of docs/from-python.md.</summary>
    internal string ToMarkdown()
    {
        var text = new StringBuilder();
        foreach ((string member, IReadOnlyDictionary<string, string> arguments) in Members)
        {
            text.Append($"\n### {member}\n\n| {Reference} | default | C# | default | |\n|---|---|---|---|---|\n");
            AppendRow(text, member, default, Counterparts[member][""]);
            foreach ((string argument, string value) in arguments)
            {
                AppendRow(text, argument, value, Counterparts[member][argument]);
            }
        }

        return text.ToString();
    }

    private static void AppendRow(StringBuilder text, string name, string? value, Counterpart counterpart)
    {
        string? actual = counterpart.CSharp is { } path ? CSharpMember.Find(path)?.Default : null;
        string shown = value is null ? "" : counterpart.Default ?? (CSharpMember.IsValue(value) ? actual ?? "" : "");
        text.Append($"| `{name}` | {Code(CSharpMember.IsValue(value) ? value : null)} | {Code(counterpart.CSharp)} | {Code(shown)} | ")
            .Append(counterpart.NotOffered is { } reason ? $"not offered: {reason}" : counterpart.Why)
            .Append(" |\n");
    }

    private static string Code(string? text) => string.IsNullOrEmpty(text) ? "" : $"`{text}`";

    private static T Read<T>(params string[] path) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(RepositoryLayout.PathTo(path)), s_json)
        ?? throw new InvalidDataException($"'{string.Join('/', path)}' is empty.");

    private sealed record Signatures(string Reference, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Members);

    /// <summary>What corresponds to a name of the reference.</summary>
    /// <param name="CSharp">A type, a member, or an argument: <c>Type</c>, <c>Type.Member</c>, <c>Type.Method(argument)</c>.</param>
    /// <param name="Default">Its default, where that is another one than the reference's.</param>
    /// <param name="Why">Why it is another one, or what differs.</param>
    /// <param name="NotOffered">Instead of all that: why there is none.</param>
    internal sealed record Counterpart(string? CSharp = null, string? Default = null, string? Why = null, string? NotOffered = null);
}
