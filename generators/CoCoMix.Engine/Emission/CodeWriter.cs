using System.Text;

namespace CoCoMix.Engine.Emission;

/// <summary>Indented lines, with the comments after statements in one column.</summary>
internal sealed class CodeWriter
{
    private const int CommentColumn = 110;

    private readonly StringBuilder _text = new();
    private int _indent;

    public void Line(string text = "", string comment = "")
    {
        if (text.Length == 0)
        {
            _text.Append('\n');
            return;
        }
        var line = new string(' ', 4 * _indent) + text;
        _text.Append(comment.Length == 0 ? line : line.PadRight(CommentColumn) + "  // " + comment).Append('\n');
    }

    /// <summary>Several lines of one literal, indented as a whole.</summary>
    public void Lines(string text)
    {
        foreach (var line in text.Replace("\r", "").Split('\n'))
            Line(line.TrimEnd());
    }

    public void Indent(int levels) => _indent += levels;

    public void Open(string header)
    {
        Line(header);
        Open();
    }

    public void Open()
    {
        Line("{");
        _indent++;
    }

    /// <param name="after">What follows the brace.</param>
    public void Close(string after = "", string comment = "")
    {
        _indent--;
        Line("}" + after, comment);
    }

    public override string ToString() => _text.ToString();
}
