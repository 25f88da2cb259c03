using System.Text;

namespace DiaNative.BindingsGenerator.Emit;

/// <summary>Lines of source code with LF ends.</summary>
internal sealed class CodeWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;

    /// <summary>Writes a line; an empty one is not indented.</summary>
    public void Line(string line = "") => _text.Append(line.Length == 0 ? "" : new string(' ', 4 * _depth)).Append(line).Append('\n');

    /// <summary>Writes a block in braces.</summary>
    public void Block(Action body, string end = "}")
    {
        Line("{");
        _depth++;
        body();
        _depth--;
        Line(end);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
