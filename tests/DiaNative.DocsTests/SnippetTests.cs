using System.Reflection;

namespace DiaNative.DocsTests;

/// <summary>What the documentation shows compiles, and runs with a small model. CONTRIBUTING.md says what snippets may rely on.</summary>
public sealed class SnippetTests(SnippetFolder folder) : IClassFixture<SnippetFolder>
{
    public static IEnumerable<object[]> Snippets =>
        Snippet.Pages.SelectMany(Snippet.OfPage).Select(snippet => new object[] { snippet.Page, snippet.Line });

    [Theory]
    [MemberData(nameof(Snippets))]
    public async Task Snippet_OfThePage_CompilesAndRuns(string page, int line)
    {
        Assert.NotNull(folder);
        Snippet snippet = Snippet.OfPage(page).Single(snippet => snippet.Line == line);
        Assembly program = SnippetProgram.Compile(snippet);
        if (snippet.Runs)
        {
            await SnippetProgram.RunAsync(program);
        }
    }

    [Fact]
    public void Compile_Error_IsToldWithThePagesLine()
    {
        var snippet = new Snippet("docs/page.md", 7, "int i = 1;\nint j = \"one\";", Runs: true);

        string message = Assert.ThrowsAny<Exception>(() => SnippetProgram.Compile(snippet)).Message;

        Assert.Contains("docs/page.md(8,9): error CS0029", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_Exception_IsThatOfTheSnippet()
    {
        var snippet = new Snippet("docs/page.md", 1, "await Task.Yield(); throw new InvalidTimeZoneException();", Runs: true);

        await Assert.ThrowsAsync<InvalidTimeZoneException>(() => SnippetProgram.RunAsync(SnippetProgram.Compile(snippet)));
    }

    [Fact]
    public void Read_Page_FindsTheBlocksOfCSharp()
    {
        string[] lines = ["# Page", "```csharp", "one();", "two();", "```", "```json", "{}", "```", "```csharp compile", "three();", "```"];

        Assert.Equal(
            [new Snippet("page", 3, "one();\ntwo();", Runs: true), new Snippet("page", 10, "three();", Runs: false)],
            Snippet.Read("page", lines));
        Assert.Throws<InvalidDataException>(() => Snippet.Read("page", ["```csharp run twice", "```"]).ToList());
        Assert.Throws<InvalidDataException>(() => Snippet.Read("page", ["```", "text"]).ToList());
    }
}
