using System.Diagnostics;

namespace CoCoMix.Cli.Tests;

public sealed class OtherProcessesTests
{
    [Fact]
    public void A_busy_process_is_seen_beside_the_own_work()
    {
        if (!OperatingSystem.IsLinux()) return; // No other system tells.
        using var busy = Process.Start("sh", ["-c", "while :; do :; done"]);
        try
        {
            var others = new OtherProcesses();
            // Own work, as much as fits beside the other's.
            for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < 1;) { }

            Assert.InRange(others.Share!.Value, 0.3 / Environment.ProcessorCount, 1);
        }
        finally
        {
            busy.Kill();
        }
    }
}
