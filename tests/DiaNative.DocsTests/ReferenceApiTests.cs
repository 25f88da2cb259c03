using System.Text;
using System.Text.RegularExpressions;

namespace DiaNative.DocsTests;

/// <summary>Whoever knows the reference finds every class, method and argument of it here.</summary>
public sealed partial class ReferenceApiTests
{
    private const string Begin = "<!-- reference-api -->\n";
    private const string End = "<!-- end of reference-api -->\n";

    private static readonly ReferenceApi s_api = ReferenceApi.Load();

    [Fact]
    public void Counterparts_AreThoseOfEveryNameOfTheReference()
    {
        string[] expected = [.. s_api.Members.SelectMany(member => member.Value.Keys.Prepend("").Select(argument => $"{member.Key}({argument})"))];
        string[] actual = [.. s_api.Counterparts.SelectMany(member => member.Value.Keys.Select(argument => $"{member.Key}({argument})"))];

        Assert.True(expected.Length > 300, $"the reference has {expected.Length} names");
        Assert.True(
            expected.ToHashSet(StringComparer.Ordinal).SetEquals(actual),
            $"missing: {string.Join(", ", expected.Except(actual))}\nunknown: {string.Join(", ", actual.Except(expected))}");
    }

    [Fact]
    public void Counterparts_ExistWithTheirDefaults()
    {
        string[] faults =
        [
            .. from member in s_api.Counterparts
               from argument in member.Value
               let python = argument.Key.Length == 0 ? null : s_api.Members[member.Key].GetValueOrDefault(argument.Key)
               let fault = Fault(python, argument.Value)
               where fault is not null
               select $"{member.Key}({argument.Key}): {fault}",
        ];

        Assert.True(faults.Length == 0, string.Join('\n', faults));
    }

    [Fact]
    public void Page_HasTheTable()
    {
        string path = RepositoryLayout.PathTo("docs", "from-python.md");
        string page = File.ReadAllText(path).ReplaceLineEndings("\n");
        string received = page[..(page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length)]
            + s_api.ToMarkdown() + "\n" + page[page.IndexOf(End, StringComparison.Ordinal)..];
        string receivedPath = Path.Combine(AppContext.BaseDirectory, "from-python.received.md");
        File.WriteAllText(receivedPath, received, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

        Assert.True(page == received, $"{path} has another table than docs/reference-api.json. To renew it: cp {receivedPath} {path}");
    }

    // What a line of Python becomes is part of a program on the page, which SnippetTests compiles and runs.
    [Fact]
    public void Page_LinesBesideThoseOfPython_AreRun()
    {
        const string Page = "docs/from-python.md";
        string programs = WhiteSpace().Replace(string.Join('\n', Snippet.OfPage(Page).Where(snippet => snippet.Runs).Select(snippet => snippet.Code)), "");
        string[] lines =
        [
            .. SideBySide().Matches(File.ReadAllText(RepositoryLayout.PathTo(Page)).ReplaceLineEndings("\n"))
                .Select(match => match.Groups["csharp"].Value),
        ];

        Assert.True(lines.Length > 20, $"there are {lines.Length} lines side by side");
        Assert.All(lines, line => Assert.Contains(WhiteSpace().Replace(line, ""), programs, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("None", "null", true)]
    [InlineData("None", "0", false)]
    [InlineData("True", "true", true)]
    [InlineData("1e-05", "1E-05", true)]
    [InlineData("0.0", "0", true)]
    [InlineData("0.02", "0.03", false)]
    [InlineData("'silu'", "\"silu\"", true)]
    [InlineData("(2, 4, 8, 8)", "[2, 4, 8, 8]", true)]
    [InlineData("required", "required", true)]
    [InlineData("required", "null", false)]
    public void IsSame_Defaults_ComparesValues(string python, string csharp, bool expected) =>
        Assert.Equal(expected, CSharpMember.IsSame(python, csharp));

    [Theory]
    [InlineData("DiaConfig", null)]
    [InlineData("DiaConfig.NormEps", "1E-05")]
    [InlineData("DiaConfig.DelayPattern", "[0, 8, 9, 10, 11, 12, 13, 14, 15]")]
    [InlineData("DiaConfig.Encoder", "new DiaEncoderConfig()")]
    [InlineData("TokenizeOptions.PaddingSide", "PaddingSide.Right")]
    [InlineData("DiaTokenizer(maxLength)", "1024")]
    [InlineData("DiaTokenizer.Encode(text)", "required")]
    [InlineData("DiaProcessor.DecodeBatch(audioPromptLength)", "null")]
    [InlineData("DiaGeneration.Tokens", null)]
    public void Find_Member_TellsItsDefault(string path, string? expected) =>
        Assert.Equal(new CSharpMember(path, expected), CSharpMember.Find(path));

    [Theory]
    [InlineData("DiaConfigs")]
    [InlineData("DiaConfig.None")]
    [InlineData("DiaTokenizer(none)")]
    [InlineData("DiaTokenizer.Encode(none)")]
    [InlineData("OptionCheck")]
    public void Find_WhatDoesNotExist_IsNull(string path) => Assert.Null(CSharpMember.Find(path));

    private static string? Fault(string? python, ReferenceApi.Counterpart counterpart)
    {
        if (counterpart.CSharp is null)
        {
            return string.IsNullOrEmpty(counterpart.NotOffered) ? "has neither a counterpart nor a reason for having none" : null;
        }

        if (counterpart.NotOffered is not null)
        {
            return "is said to be offered and not to be";
        }

        if (CSharpMember.Find(counterpart.CSharp) is not { } member)
        {
            return $"{counterpart.CSharp} does not exist";
        }

        if (counterpart.Default is { } different)
        {
            return member.Default != different ? $"{member.Path} has the default {member.Default}, not {different}"
                : python is not null && CSharpMember.IsSame(python, different) ? $"the default {different} is that of the reference"
                : string.IsNullOrEmpty(counterpart.Why) ? $"the default {different} is not {python}, and nothing says why"
                : null;
        }

        return !CSharpMember.IsValue(python) ? null
            : member.Default is null && string.IsNullOrEmpty(counterpart.Why) ? $"{member.Path} has no value to give, and nothing says why"
            : member.Default is not null && !CSharpMember.IsSame(python!, member.Default)
                ? $"{member.Path} has the default {member.Default}, the reference {python}"
                : null;
    }

    [GeneratedRegex(@"\s")]
    private static partial Regex WhiteSpace();

    // A row of a table whose two cells are code.
    [GeneratedRegex(@"^\| ?`(?<python>[^`\n]+)` ?\| ?`(?<csharp>[^`\n]+)` ?\|$", RegexOptions.Multiline)]
    private static partial Regex SideBySide();
}
