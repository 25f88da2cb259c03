using System.Text.RegularExpressions;

namespace DiaNative.BindingsGenerator.FrontEnds;

/// <summary>
/// The documentation comments of a header, by what they belong to. They are read here rather than by the front ends, which
/// differ in what they attach to enumerators.
/// </summary>
internal sealed partial class HeaderComments
{
    private readonly Dictionary<string, (string Text, int Position)> _comments = [];

    public HeaderComments(string header)
    {
        foreach (Match comment in DocumentationComment().Matches(header))
        {
            string? key = comment.Groups["behind"].Success
                ? MemberBefore(header, comment.Index)
                : DeclarationAfter(header, comment.Index + comment.Length);
            if (key is not null)
            {
                _comments[key] = (Clean(comment.Groups["text"].Value), comment.Index);
            }
        }
    }

    /// <summary>The comment before a declaration; empty if there is none.</summary>
    public string Of(string declaration) => _comments.TryGetValue(declaration, out (string Text, int Position) comment) ? comment.Text : "";

    /// <summary>The comment behind a field or an enumerator; empty if there is none.</summary>
    public string Of(string declaration, string member) => Of($"{declaration}.{member}");

    /// <summary>Where in the header the comment of a declaration stands; behind all others if there is none.</summary>
    public int PositionOf(string declaration) =>
        _comments.TryGetValue(declaration, out (string Text, int Position) comment) ? comment.Position : int.MaxValue;

    private static string? DeclarationAfter(string header, int position)
    {
        Match match = Declaration().Match(header, position);
        return match.Success ? match.Groups["name"].Value : null;
    }

    private static string? MemberBefore(string header, int position)
    {
        Match scope = Scope().Match(header, position);
        string line = header[(header.LastIndexOf('\n', position - 1) + 1)..position];
        Match member = Member().Match(line);
        return scope.Success && member.Success ? $"{scope.Groups["name"].Value}.{member.Groups["name"].Value}" : null;
    }

    // Drops the stars at the start of lines, and what they are indented by.
    private static string Clean(string text) => string.Join('\n', text.Split('\n').Select(line => LineStart().Replace(line, "").TrimEnd())).Trim();

    [GeneratedRegex(@"/\*\*(?<behind><)?(?<text>.*?)\*/", RegexOptions.Singleline)]
    private static partial Regex DocumentationComment();

    [GeneratedRegex(@"\G\s*(?:typedef\s+(?:struct|enum)\s+(?<name>\w+)|typedef\s[^;{(]*\(\*(?<name>\w+)\)|DIA_API\s[^;{(]*?(?<name>\w+)\s*\()")]
    private static partial Regex Declaration();

    // The structure or enumeration that is open at a position: the last one that began before it.
    [GeneratedRegex(@"typedef\s+(?:struct|enum)\s+(?<name>\w+)\s*\{", RegexOptions.RightToLeft)]
    private static partial Regex Scope();

    // `type name;`, `type name[COUNT];` or `NAME = value,`
    [GeneratedRegex(@"(?:^\s*(?<name>\w+)\s*=[^,]*,?|(?<name>\w+)\s*(?:\[\w+\])?;)\s*$")]
    private static partial Regex Member();

    [GeneratedRegex(@"^\s*\*? ?")]
    private static partial Regex LineStart();
}
