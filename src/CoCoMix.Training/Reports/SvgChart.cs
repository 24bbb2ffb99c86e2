using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CoCoMix.Training;

/// <summary>Draws a chart as a figure of SVG and HTML, well-formed as XML. Colours and behaviour are those of report.css and report.js.</summary>
internal static class SvgChart
{
    private const int Width = 720, Height = 420, Left = 72, Right = 24, Top = 40, Bottom = 64;
    private const int Colors = 8;
    // More points than this are a line to the eye; dots would blur it.
    private const int MostDots = 40;

    public static string Draw(Chart chart)
    {
        var curves = chart.Curves.Select(curve => curve with { Points = [.. curve.Points.Where(p => double.IsFinite(p.X) && double.IsFinite(p.Y) && (p.Y > 0 || !chart.LogY))] }).ToList();
        var points = curves.SelectMany(curve => curve.Points).ToList();
        var x = new Axis(Math.Min(0, Least(points, p => p.X, 0)), Most(points, p => p.X, 0) is var end and > 0 ? end : 1, Width - Left - Right);
        var y = Vertical(Least(points, p => p.Y, 1), Most(points, p => p.Y, 2), chart.LogY);

        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""<figure class="chart"><figcaption>{Html.Escape(chart.Title)}</figcaption>""").Append('\n');
        Legend(svg, curves);
        svg.Append(CultureInfo.InvariantCulture, $"""<div class="plot"><svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{Html.Escape(chart.Title)}" data-x="{Html.Escape(chart.XLabel)}">""").Append('\n');
        foreach (var tick in y.Ticks())
        {
            var py = Y(tick);
            svg.Append($"""<line class="grid" x1="{Left}" x2="{Width - Right}" y1="{py}" y2="{py}"/><text x="{Left - 10}" y="{py}" dy="0.35em" text-anchor="end">{Axis.Format(tick, 6)}</text>""").Append('\n');
        }

        foreach (var tick in x.Ticks())
            svg.Append($"""<line class="tick" x1="{X(tick)}" x2="{X(tick)}" y1="{Height - Bottom}" y2="{Height - Bottom + 6}"/><text x="{X(tick)}" y="{Height - Bottom + 10}" dy="0.9em" text-anchor="middle">{Axis.Format(tick, 6)}</text>""").Append('\n');
        svg.Append($"""<line class="axis" x1="{Left}" x2="{Width - Right}" y1="{Height - Bottom}" y2="{Height - Bottom}"/>""").Append('\n');
        svg.Append($"""<text class="label" x="{Left}" y="{Top - 18}">{Html.Escape(chart.YLabel)}</text>""");
        svg.Append($"""<text class="label" x="{Width - Right}" y="{Height - 6}" text-anchor="end">{Html.Escape(chart.XLabel)}</text>""").Append('\n');
        svg.Append($"""<line class="cursor" y1="{Top}" y2="{Height - Bottom}" visibility="hidden"/>""").Append('\n');

        for (int i = 0; i < curves.Count; i++)
        {
            var curve = curves[i];
            var hover = JsonSerializer.Serialize(curve.Points.Select(p => new object[] { X(p.X), Y(p.Y), Axis.Format(p.X, 4), Axis.Format(p.Y, 4) }));
            var path = string.Join('L', curve.Points.Select(p => $"{X(p.X)} {Y(p.Y)}"));
            svg.Append($"""<path class="c{i % Colors}" d="{(path.Length > 0 ? "M" + path : "")}" data-name="{Html.Escape(curve.Name)}" data-points="{Html.Escape(hover)}"/>""").Append('\n');
            if (curve.Points.Count <= MostDots)
                foreach (var p in curve.Points) svg.Append($"""<circle class="c{i % Colors}" cx="{X(p.X)}" cy="{Y(p.Y)}" r="3"/>""");
        }

        return svg.Append("\n</svg><div class=\"tip\" hidden=\"hidden\"></div></div></figure>\n").ToString();

        string X(double value) => Coordinate(Left + x.Position(value));
        string Y(double value) => Coordinate(Height - Bottom - y.Position(value));
    }

    private static void Legend(StringBuilder html, IReadOnlyList<Curve> curves)
    {
        html.Append("<ul class=\"legend\">");
        for (int i = 0; i < curves.Count; i++) html.Append($"""<li class="c{i % Colors}">{Html.Escape(curves[i].Name)}</li>""");
        html.Append("</ul>\n");
    }

    /// <summary>An axis with a little room above and below the values.</summary>
    private static Axis Vertical(double low, double high, bool log)
    {
        const int length = Height - Top - Bottom;
        if (log)
        {
            var factor = Math.Max(Math.Pow(high / low, 0.05), 1.01);
            return new(low / factor, high * factor, length, Log: true);
        }

        var margin = high > low ? 0.05 * (high - low) : Math.Max(Math.Abs(high) * 0.05, 0.05);
        return new(low - margin, high + margin, length);
    }

    private static double Least(List<(double X, double Y)> points, Func<(double X, double Y), double> of, double ifNone) => points.Count > 0 ? points.Min(of) : ifNone;

    private static double Most(List<(double X, double Y)> points, Func<(double X, double Y), double> of, double ifNone) => points.Count > 0 ? points.Max(of) : ifNone;

    private static string Coordinate(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
