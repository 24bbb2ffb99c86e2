using System.Diagnostics;
using System.Globalization;

namespace CoCoMix.Cli;

/// <summary>How much of the machine's CPU other processes take, from when it is made; Linux tells.</summary>
internal sealed class OtherProcesses
{
    private const string Statistics = "/proc/stat";

    // The kernel counts for programs in hundredths of a second, whatever its own clock.
    private const double TicksPerSecond = 100;

    private readonly double? _busy = Busy();
    private readonly TimeSpan _own = Environment.CpuUsage.TotalTime;
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Their share of all cores' time, 0 to 1; null where the system does not tell.</summary>
    public double? Share => (Busy() - _busy) is { } busy
        ? Math.Max(0, busy - (Environment.CpuUsage.TotalTime - _own).TotalSeconds) / (Stopwatch.GetElapsedTime(_start).TotalSeconds * Environment.ProcessorCount)
        : null;

    /// <summary>Seconds that all cores have worked since the machine started: user, nice, system, irq and softirq of the first line.</summary>
    private static double? Busy()
    {
        if (!File.Exists(Statistics)) return null;
        double[] ticks = [.. File.ReadLines(Statistics).First().Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];
        return (ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / TicksPerSecond;
    }
}
