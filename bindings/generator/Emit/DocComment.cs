using System.Security;
using System.Text.RegularExpressions;

namespace DiaNative.BindingsGenerator.Emit;

/// <summary>A documentation comment of the header, taken apart, and written as C# XML documentation.</summary>
internal sealed partial class DocComment
{
    private readonly string _summary;
    private readonly string _remarks;
    private readonly List<(string Name, string Text)> _parameters = [];
    private readonly string _returns = "";

    public DocComment(string text)
    {
        string[] parts = Tag().Split(text);
        Match sentence = FirstSentence().Match(parts[0]);
        _summary = OneLine(sentence.Success ? sentence.Value : parts[0]);
        _remarks = sentence.Success ? parts[0][sentence.Length..].Trim() : "";
        for (int i = 1; i + 1 < parts.Length; i += 2)
        {
            string body = parts[i + 1].Trim();
            if (parts[i] == "return")
            {
                _returns = OneLine(body);
            }
            else
            {
                int end = body.IndexOfAny([' ', '\n']);
                _parameters.Add(end < 0 ? (body, "") : (body[..end], OneLine(body[end..])));
            }
        }
    }

    /// <summary>Writes the whole comment, as a function or a type deserves.</summary>
    public void Write(CodeWriter writer)
    {
        writer.Line($"/// <summary>{Xml(_summary)}</summary>");
        foreach ((string name, string text) in _parameters)
        {
            writer.Line($"/// <param name=\"{name}\">{Xml(text)}</param>");
        }
        if (_returns.Length > 0)
        {
            writer.Line($"/// <returns>{Xml(_returns)}</returns>");
        }
        WriteRemarks(writer);
    }

    /// <summary>Writes a comment that is all summary, as behind a field.</summary>
    public static void WriteShort(CodeWriter writer, string text) => writer.Line($"/// <summary>{Xml(OneLine(text))}</summary>");

    private void WriteRemarks(CodeWriter writer)
    {
        if (_remarks.Length == 0)
        {
            return;
        }
        List<string> lines = [];
        bool inList = false;
        foreach (string item in ListItemOrParagraph().Split(_remarks).Select(OneLine).Where(l => l.Length > 0))
        {
            bool isItem = item.StartsWith("- ", StringComparison.Ordinal);
            if (isItem != inList)
            {
                lines.Add(isItem ? "<list type=\"bullet\">" : "</list>");
            }
            inList = isItem;
            lines.Add(isItem ? $"<item>{Xml(item[2..])}</item>" : Xml(item));
        }
        if (inList)
        {
            lines.Add("</list>");
        }
        if (lines.Count == 1)
        {
            writer.Line($"/// <remarks>{lines[0]}</remarks>");
            return;
        }
        writer.Line("/// <remarks>");
        lines.ForEach(line => writer.Line($"/// {line}"));
        writer.Line("/// </remarks>");
    }

    private static string OneLine(string text) => WhiteSpace().Replace(text.Trim(), " ");

    private static string Xml(string text) => Code().Replace(SecurityElement.Escape(text).Replace("&quot;", "\"", StringComparison.Ordinal)
        .Replace("&apos;", "'", StringComparison.Ordinal), "<c>$1</c>");

    [GeneratedRegex(@"@(param|return)(?:\[[a-z,]+\])?\s")]
    private static partial Regex Tag();

    [GeneratedRegex(@"^.*?\.(?=\s|$)", RegexOptions.Singleline)]
    private static partial Regex FirstSentence();

    // The end of a paragraph, the start of a list item, and the line after the last item, which is indented less.
    [GeneratedRegex(@"\n\s*\n|\n(?=\s*- )|(?<=\n\s+- [^\n]*)\n(?=\S)")]
    private static partial Regex ListItemOrParagraph();

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();
}
