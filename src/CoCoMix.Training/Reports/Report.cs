using System.Text;
using System.Text.RegularExpressions;

namespace CoCoMix.Training;

/// <summary>
/// A page of text, tables and charts in one HTML file that needs nothing else, for light and dark screens of any width. Parts appear in the
/// order in which they are added; the same parts give the same bytes.
/// </summary>
/// <param name="title">The page's title and first headline.</param>
public sealed partial class Report(string title)
{
    private static readonly string Style = Resource("report.css"), Script = Resource("report.js");

    private readonly StringBuilder body = new();

    /// <summary>Adds a headline.</summary>
    public Report Heading(string text) => Add($"<h2>{Html.Escape(text)}</h2>");

    /// <summary>Adds a paragraph of plain text.</summary>
    public Report Paragraph(string text) => Add($"<p>{Html.Escape(text)}</p>");

    /// <summary>Adds text whose spaces and line ends are kept, such as samples or a configuration.</summary>
    public Report Preformatted(string text) => Add($"<pre>{Html.Escape(text)}</pre>");

    /// <summary>Adds a chart.</summary>
    public Report Chart(Chart chart) => Add(SvgChart.Draw(chart));

    /// <summary>Adds a table. Columns of numbers are aligned to the right.</summary>
    /// <param name="header">The names of the columns.</param>
    /// <param name="rows">The cells of each row, one for each column.</param>
    public Report Table(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        var lines = rows.ToList();
        bool[] numeric = [.. header.Select((_, column) => lines.All(row => NumberOrNothing.IsMatch(row[column])))];
        var body = string.Concat(lines.Select(row => Row("td", row)));
        return Add($"<div class=\"table\"><table>\n<thead>\n{Row("th", header)}</thead>\n<tbody>\n{body}</tbody></table></div>");

        string Row(string tag, IReadOnlyList<string> cells) => "<tr>" + string.Concat(cells.Select((cell, column) =>
            $"<{tag}{(numeric[column] ? " class=\"number\"" : "")}>{Html.Escape(cell)}</{tag}>")) + "</tr>\n";
    }

    /// <summary>The page.</summary>
    public string ToHtml() => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8"/>
        <meta name="viewport" content="width=device-width, initial-scale=1"/>
        <meta name="color-scheme" content="light dark"/>
        <title>{Html.Escape(title)}</title>
        <style>
        {Style}</style>
        </head>
        <body>
        <main>
        <h1>{Html.Escape(title)}</h1>
        {body}</main>
        <script>
        {Script}</script>
        </body>
        </html>

        """;

    /// <summary>Writes the page to a file, whole or not at all.</summary>
    public void Save(string path) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(ToHtml())));

    private Report Add(string html)
    {
        body.Append(html).Append('\n');
        return this;
    }

    /// <summary>Nothing, a dash, or a number with whatever follows it: "1,234.5", "-3.0 %", "51.1 ± 0.2", "690k".</summary>
    [GeneratedRegex(@"^([-–]?|[-+−]?[0-9][0-9,]*(\.[0-9]+)?([^\w.].*|[kMBx%]?))$")]
    private static partial Regex NumberOrNothing { get; }

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(Report).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
