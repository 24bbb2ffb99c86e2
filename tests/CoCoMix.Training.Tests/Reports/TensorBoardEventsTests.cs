using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Reports;

public sealed class TensorBoardEventsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void TheReaderOfTheseTestsKnowsThePublishedChecksums()
    {
        // RFC 3720, B.4, and the check value of CRC-32C's definition.
        Assert.Equal(0xE3069283u, EventFile.Crc("123456789"u8.ToArray()));
        Assert.Equal(0x8A9136AAu, EventFile.Crc(new byte[32]));
        Assert.Equal(0x62A8AB43u, EventFile.Crc([.. Enumerable.Repeat((byte)0xFF, 32)]));
    }

    [Fact]
    public void AFileBeginsAsTensorFlowsOwnDo()
    {
        using (new TensorBoardEvents(folder["run"])) { }
        var bytes = File.ReadAllBytes(Directory.GetFiles(folder["run"]).Single());

        // A length of 24, its checksum as it stands in every event file, the time as field 1, and the version as field 3.
        Assert.Equal([0x18, 0, 0, 0, 0, 0, 0, 0, 0xA3, 0x7F, 0x4B, 0x22, 0x09], bytes[..13]);
        Assert.Equal([0x1A, 0x0D, .. "brain.Event:2"u8], bytes[21..36]);
        Assert.Equal(12 + 24 + 4, bytes.Length);
    }

    [Fact]
    public void WhatIsWrittenIsReadByAnotherReaderWhileTheFileIsOpen()
    {
        long[] steps = [0, 1, 127, 128, 300, 1L << 40, long.MaxValue];
        double[] values = [0, -1.5, double.NaN, double.PositiveInfinity, 1e-40, 3.4e38, Math.PI];
        using var events = new TensorBoardEvents(folder["run"]);
        for (var i = 0; i < steps.Length; i++) events.Scalar($"train/größe {i}", steps[i], values[i]);
        var text = string.Concat(Enumerable.Repeat("a 😀 text\n", 40));
        events.Text("sample", 7, text);
        var read = EventFile.Read(events.Path);

        Assert.Equal("brain.Event:2", read[0].Version);
        for (var i = 0; i < steps.Length; i++)
            Assert.Equal((steps[i], $"train/größe {i}", (float)values[i]), (read[i + 1].Step, read[i + 1].Tag, read[i + 1].Value!.Value));
        Assert.Equal((7, "sample", text, "text"), (read[^1].Step, read[^1].Tag, read[^1].Text, read[^1].Plugin));
        Assert.All(read, one => Assert.InRange(DateTimeOffset.UnixEpoch.AddSeconds(one.WallTime), DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddSeconds(1)));
        Assert.All(read, one => Assert.Null(one.SessionStatus));
    }

    [Fact]
    public void AContinuedRunWritesASecondFileThatTakesTheStepsAfterItsStartBack()
    {
        using (var first = new TensorBoardEvents(folder["run"])) first.Scalar("loss", 30, 1);
        using (var second = new TensorBoardEvents(folder["run"], fromStep: 21)) second.Scalar("loss", 21, 2);
        var files = Directory.GetFiles(folder["run"]).Order(StringComparer.Ordinal).ToList();

        Assert.Equal(2, files.Count);
        Assert.All(files, file => Assert.Matches(@"^events\.out\.tfevents\.\d{10}\.", Path.GetFileName(file)));
        var read = EventFile.Read(files[1]);
        Assert.Equal(("brain.Event:2", null), (read[0].Version, read[0].SessionStatus));
        Assert.Equal((21, 1), (read[1].Step, read[1].SessionStatus!.Value));     // SessionLog.START
        Assert.Equal((21, 2f), (read[2].Step, read[2].Value!.Value));
    }
}
