using System.Globalization;
using System.Xml.Linq;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Reports;

public class ReportTests
{
    private const string Nasty = "<b>&\"'\0\u0001\uFFFF\uD800</b> ]]> 😀 é";
    private const string NastyAsRead = "<b>&\"'\uFFFD\uFFFD\uFFFD\uFFFD</b> ]]> 😀 é";

    private static Report Example() => new Report(Nasty)
        .Heading(Nasty).Paragraph(Nasty).Preformatted("  a\n\tb " + Nasty)
        .Table(["name " + Nasty, "ppl"], [["NTP", "1,234.5"], [Nasty, "-3.0 %"]])
        .Chart(new Chart(Nasty, Nasty, Nasty, [new Curve(Nasty, [(0, 100), (1e6, double.NaN), (2e6, 50), (3e6, -1)]), new Curve("none", [])]) { LogY = true })
        .Chart(new Chart("flat", "x", "y", [new Curve("one", [(5, 3)])]))
        .Chart(new Chart("empty", "x", "y", []));

    private static XElement Parsed(Report report) => XDocument.Parse(report.ToHtml(), LoadOptions.PreserveWhitespace).Root!;

    [Fact]
    public void ThePageIsWellFormedAndItsTextComesBack()
    {
        var page = Parsed(Example());
        Assert.All(new[] { "title", "h1", "h2", "p", "figcaption" }, name => Assert.Equal(NastyAsRead, page.Descendants(name).First().Value));
        Assert.Equal("  a\n\tb " + NastyAsRead, page.Descendants("pre").Single().Value);
        Assert.Contains(page.Descendants("td"), cell => cell.Value == NastyAsRead);
        Assert.Contains(page.Descendants("path"), path => (string?)path.Attribute("data-name") == NastyAsRead);
        Assert.Equal(["1,234.5", "-3.0 %"], page.Descendants("td").Where(cell => (string?)cell.Attribute("class") == "number").Select(cell => cell.Value));
    }

    [Fact]
    public void ThePageNeedsNothingElse()
    {
        var html = Example().ToHtml();
        foreach (var reference in new[] { "http", "//", "src=", "href=", "@import", "url(" }) Assert.DoesNotContain(reference, html);
    }

    [Fact]
    public void TheSamePartsGiveTheSameBytesInAnyCulture()
    {
        var expected = Example().ToHtml();
        var culture = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            Assert.Equal(expected, Example().ToHtml());
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        using var folder = new TemporaryFolder();
        Example().Save(folder["report.html"]);
        Assert.Equal(expected, File.ReadAllText(folder["report.html"]));
    }

    [Fact]
    public void PointsThatCannotBeDrawnAreLeftOutAndOthersStayInsideTheDrawing()
    {
        var svg = Parsed(Example()).Descendants("svg").First();
        var circles = svg.Descendants("circle").ToList();
        Assert.Equal(2, circles.Count);
        Assert.All(circles, circle => Assert.InRange((double)circle.Attribute("cx")!, 72, 696));
        Assert.All(circles, circle => Assert.InRange((double)circle.Attribute("cy")!, 40, 356));
        Assert.True((double)circles[0].Attribute("cy")! < (double)circles[1].Attribute("cy")!);
        Assert.DoesNotContain("NaN", svg.ToString());
    }

    [Fact]
    public void NoTwoOfManyCurvesLookTheSame()
    {
        var curves = Enumerable.Range(0, 14).Select(i => new Curve($"curve {i}", [(1, i), (2, i + 1)])).ToList();

        var paths = Parsed(new Report("Many").Chart(new("Many", "x", "y", curves))).Descendants("path").Select(path => path.Attribute("class")!.Value);

        Assert.Equal(14, paths.Distinct().Count());
    }

    [Theory]
    [InlineData(0, 2.21e6, false)]
    [InlineData(3.87, 7.02, false)]
    [InlineData(-0.002, 0.0011, false)]
    [InlineData(48, 130, true)]
    [InlineData(51, 58, true)]
    [InlineData(20, 1100, true)]
    [InlineData(1e-9, 1e9, true)]
    [InlineData(99.9, 100.1, true)]
    public void TicksAreFewRoundAndInside(double low, double high, bool log)
    {
        var axis = new Axis(low, high, 300, log);
        var ticks = axis.Ticks();
        Assert.InRange(ticks.Length, 3, 12);
        Assert.Equal(ticks.Distinct().Order(), ticks);
        Assert.All(ticks, tick => Assert.InRange(axis.Position(tick), -1e-6, 300 + 1e-6));
        Assert.All(ticks.Zip(ticks.Skip(1)), pair => Assert.True(axis.Position(pair.Second) - axis.Position(pair.First) >= 26));
        Assert.Equal(ticks.Length, ticks.Select(tick => Axis.Format(tick, 6)).Distinct().Count());
        Assert.All(ticks, tick => Assert.InRange(Axis.Format(tick, 6).TrimStart('-').Length, 1, 6));
    }

    [Theory]
    [InlineData(51.083, "51.08")]
    [InlineData(1204.3, "1204")]
    [InlineData(12_345, "12.35k")]
    [InlineData(2_000_000, "2M")]
    [InlineData(20e9, "20B")]
    [InlineData(-0.25, "-0.25")]
    public void NumbersAreShort(double value, string text) => Assert.Equal(text, Axis.Format(value, 4));
}
