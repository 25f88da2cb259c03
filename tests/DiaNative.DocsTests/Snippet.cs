namespace DiaNative.DocsTests;

/// <summary>A block of C# in a page.</summary>
/// <param name="Page">The page's path in the repository.</param>
/// <param name="Line">Line of the page on which the code begins, from 1.</param>
/// <param name="Code">The code.</param>
/// <param name="Runs">Whether it is run, too: not if its fence says <c>csharp compile</c>.</param>
public sealed record Snippet(string Page, int Line, string Code, bool Runs)
{
    private const string Fence = "```";
    private const string Language = "csharp";
    private const string CompileOnly = "compile";

    /// <summary>The pages of the documentation: README files, and what lies in docs.</summary>
    public static IEnumerable<string> Pages { get; } =
    [
        .. new[] { "README.md", "CONTRIBUTING.md" }
            .Concat(Under("docs")).Concat(Under("samples")).Concat(Under("src"))
            .Order(StringComparer.Ordinal),
    ];

    public static IEnumerable<Snippet> OfPage(string page) => Read(page, File.ReadAllLines(RepositoryLayout.PathTo(page)));

    /// <exception cref="InvalidDataException">A block is not closed, or its first line says something unknown.</exception>
    internal static IEnumerable<Snippet> Read(string page, string[] lines)
    {
        for (int i = 0; i < lines.Length; i++)
        {
            if (!lines[i].StartsWith(Fence, StringComparison.Ordinal))
            {
                continue;
            }

            int end = Array.IndexOf(lines, Fence, i + 1);
            if (end < 0)
            {
                throw new InvalidDataException($"{page}:{i + 1}: the block is not closed.");
            }

            string[] words = lines[i][Fence.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [Language, ..])
            {
                bool runs = words switch
                {
                    [Language] => true,
                    [Language, CompileOnly] => false,
                    _ => throw new InvalidDataException($"{page}:{i + 1}: '{lines[i]}'; only '{Language}' and '{Language} {CompileOnly}' are known."),
                };
                yield return new Snippet(page, i + 2, string.Join('\n', lines[(i + 1)..end]), runs);
            }

            i = end;
        }
    }

    private static IEnumerable<string> Under(string folder) =>
        Directory.EnumerateFiles(RepositoryLayout.PathTo(folder), "*.md", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(RepositoryLayout.Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(part => part is "bin" or "obj"));
}
