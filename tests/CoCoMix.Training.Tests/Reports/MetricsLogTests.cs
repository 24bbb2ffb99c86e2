using System.Globalization;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Reports;

public sealed class MetricsLogTests : IDisposable
{
    private sealed record Line(long Step, double Loss);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void LinesAreReadAsWrittenWhileTheLogIsOpen()
    {
        using var log = new MetricsLog(folder["run/metrics.jsonl"]);
        Line[] lines = [new(0, 6.931471805599453), new(1, double.NaN), new(2, double.PositiveInfinity), new(3, 1e-300)];
        foreach (var line in lines) log.Append(line);
        Assert.Equal(lines, MetricsLog.Read<Line>(folder["run/metrics.jsonl"]));
    }

    [Fact]
    public void TextDoesNotDependOnTheCulture()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            // The invariant-globalization build has no named cultures, so this one is made by hand.
            CultureInfo.CurrentCulture = new CultureInfo("") { NumberFormat = new NumberFormatInfo { NumberDecimalSeparator = ",", NegativeSign = "~" } };
            using (var log = new MetricsLog(folder["m"])) log.Append(new { step = -5, trainLoss = 0.5, note = "a\nb" });
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }

        Assert.Equal("{\"step\":-5,\"train_loss\":0.5,\"note\":\"a\\nb\"}\n", File.ReadAllText(folder["m"]));
    }

    [Fact]
    public void ACutLastLineIsLeftOutByTheReaderAndRemovedByTheWriter()
    {
        using (var log = new MetricsLog(folder["m"]))
            foreach (var line in new Line[] { new(0, 0), new(1, 1), new(2, 2.718281828459045) }) log.Append(line);
        var whole = File.ReadAllBytes(folder["m"]);
        for (int cut = 1; cut < 10; cut++)
        {
            File.WriteAllBytes(folder["m"], whole[..^cut]);
            Assert.Equal([new(0, 0), new(1, 1)], MetricsLog.Read<Line>(folder["m"]));
            using (var log = new MetricsLog(folder["m"])) log.Append(new Line(9, 9));
            Assert.Equal([new(0, 0), new(1, 1), new(9, 9)], MetricsLog.Read<Line>(folder["m"]));
            Assert.EndsWith("}\n", File.ReadAllText(folder["m"]));
        }
    }

    [Fact]
    public void ABrokenLineInTheMiddleIsNamed()
    {
        File.WriteAllText(folder["m"], "{\"step\":1}\n{oops\n{\"step\":2}\n");
        Assert.Contains("line 2", Assert.Throws<InvalidDataException>(() => MetricsLog.Read<Line>(folder["m"])).Message);
    }
}
