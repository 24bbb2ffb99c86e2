using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CoCoMix.Training;

/// <summary>
/// Draws a chart as a figure of SVG and HTML, well-formed as XML. Its colours and what it does under a pointer are in report.css and report.js.
/// </summary>
internal static class SvgChart
{
    private const int Width = 720, Height = 420;
    private const int Left = 72, Right = Width - 24, Top = 40, Bottom = Height - 64;
    private const int Colors = 8;
    // More points than this are a line to the eye; dots would blur it.
    private const int MostDots = 40;

    public static string Draw(Chart chart)
    {
        var curves = chart.Curves.Select(curve => curve with { Points = [.. curve.Points.Where(p => IsDrawable(p, chart.LogY))] }).ToList();
        var (x, y) = Axes([.. curves.SelectMany(curve => curve.Points)], chart.LogY);
        var title = Html.Escape(chart.Title);
        var figure = new StringBuilder();
        figure.AppendLine($"""<figure class="chart"><figcaption>{title}</figcaption>""");
        figure.AppendLine($"""<ul class="legend">{string.Concat(curves.Select((curve, i) => $"<li class=\"{Color(i)}\">{Html.Escape(curve.Name)}</li>"))}</ul>""");
        figure.AppendLine($"""<div class="plot"><svg viewBox="0 0 {Width} {Height}" role="img" aria-label="{title}" data-x="{Html.Escape(chart.XLabel)}">""");
        foreach (var tick in y.Ticks())
        {
            var at = Y(y, tick);
            figure.AppendLine($"""<line class="grid" x1="{Left}" x2="{Right}" y1="{at}" y2="{at}"/>""");
            figure.AppendLine($"""<text x="{Left - 10}" y="{at}" dy="0.35em" text-anchor="end">{Axis.Format(tick, 6)}</text>""");
        }

        foreach (var tick in x.Ticks())
        {
            var at = X(x, tick);
            figure.AppendLine($"""<line class="tick" x1="{at}" x2="{at}" y1="{Bottom}" y2="{Bottom + 6}"/>""");
            figure.AppendLine($"""<text x="{at}" y="{Bottom + 10}" dy="0.9em" text-anchor="middle">{Axis.Format(tick, 6)}</text>""");
        }

        figure.AppendLine($"""<line class="axis" x1="{Left}" x2="{Right}" y1="{Bottom}" y2="{Bottom}"/>""");
        figure.AppendLine($"""<text class="label" x="{Left}" y="{Top - 18}">{Html.Escape(chart.YLabel)}</text>""");
        figure.AppendLine($"""<text class="label" x="{Right}" y="{Height - 6}" text-anchor="end">{Html.Escape(chart.XLabel)}</text>""");
        figure.AppendLine($"""<line class="cursor" y1="{Top}" y2="{Bottom}" visibility="hidden"/>""");
        for (int i = 0; i < curves.Count; i++) DrawCurve(figure, curves[i], Color(i), x, y);
        figure.Append("""</svg><div class="tip" hidden="hidden"></div></div></figure>""");
        return figure.ToString().ReplaceLineEndings("\n");
    }

    private static void DrawCurve(StringBuilder figure, Curve curve, string color, Axis x, Axis y)
    {
        var line = string.Join('L', curve.Points.Select(p => $"{X(x, p.X)} {Y(y, p.Y)}"));
        var hover = JsonSerializer.Serialize(curve.Points.Select(p => new[] { X(x, p.X), Y(y, p.Y), Axis.Format(p.X, 4), Axis.Format(p.Y, 4) }));
        figure.Append($"<path class=\"{color}\" d=\"{(line.Length > 0 ? "M" + line : "")}\" data-name=\"{Html.Escape(curve.Name)}\" ");
        figure.AppendLine($"data-points=\"{Html.Escape(hover)}\"/>");
        if (curve.Points.Count > MostDots) return;
        foreach (var p in curve.Points) figure.AppendLine($"""<circle class="{color}" cx="{X(x, p.X)}" cy="{Y(y, p.Y)}" r="3"/>""");
    }

    /// <summary>A horizontal axis from 0 and a vertical one with a little room above and below the values.</summary>
    private static (Axis X, Axis Y) Axes(IReadOnlyList<(double X, double Y)> points, bool log)
    {
        const int width = Right - Left, height = Bottom - Top;
        // Something to draw even before there are points.
        if (points.Count == 0) points = [(1, 1), (1, 2)];
        var x = new Axis(Math.Min(0, points.Min(p => p.X)), points.Max(p => p.X) is var end and > 0 ? end : 1, width);
        var (low, high) = (points.Min(p => p.Y), points.Max(p => p.Y));
        if (log)
        {
            var factor = Math.Max(Math.Pow(high / low, 0.05), 1.01);
            return (x, new Axis(low / factor, high * factor, height, Log: true));
        }

        var margin = high > low ? 0.05 * (high - low) : Math.Max(0.05 * Math.Abs(high), 0.05);
        return (x, new Axis(low - margin, high + margin, height));
    }

    private static bool IsDrawable((double X, double Y) point, bool log) => double.IsFinite(point.X) && double.IsFinite(point.Y) && (point.Y > 0 || !log);

    /// <summary>The classes of a curve's look: its colour, and dashes where the colours begin again.</summary>
    private static string Color(int curve) => $"c{curve % Colors}{(curve < Colors ? "" : " dashed")}";

    private static string X(Axis axis, double value) => Coordinate(Left + axis.Position(value));

    private static string Y(Axis axis, double value) => Coordinate(Bottom - axis.Position(value));

    private static string Coordinate(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);
}
