using System.Runtime.InteropServices;
using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests;

public sealed class DoctorTests
{
    [Fact]
    public void Where_libtorch_loads_it_says_what_runs()
    {
        var ended = Cocomix.Run(["doctor"], ("OMP_NUM_THREADS", "1"));

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains(RuntimeInformation.FrameworkDescription, ended.Output);
        Assert.Contains(RuntimeInformation.OSDescription, ended.Output);
        Assert.Matches(@"(?m)^libtorch +2\.10", ended.Output);
        Assert.Matches(@"(?m)^Threads +1\b", ended.Output);
        Assert.Matches(@"(?m)^SIMD +(none|\d+ bits)", ended.Output);
        Assert.Matches(@"(?m)^CUDA +(not available|\d+ devices)", ended.Output);
        Assert.Contains("Models run on the CPU", ended.Output);
    }

    [Fact]
    public void Where_libtorch_does_not_load_it_says_why_and_ends_with_1()
    {
        if (!OperatingSystem.IsLinux()) return; // Elsewhere no variable puts a broken library in the loader's way.
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["libc10.so"], "not a library");

        var ended = Cocomix.Run(["doctor"], ("LD_LIBRARY_PATH", Path.GetDirectoryName(folder["libc10.so"])!));

        Assert.Equal(1, ended.ExitCode);
        Assert.Equal($"libtorch does not load, so no model runs: {folder["libc10.so"]}: file too short.\n", ended.Error);
        Assert.Matches(@"(?m)^libtorch +does not load", ended.Output);
        Assert.DoesNotContain("Models run", ended.Output);
    }
}
