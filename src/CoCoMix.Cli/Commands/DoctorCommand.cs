using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Spectre.Console;
using TorchSharp;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix doctor</c>: what this machine has, and what of CoCoMix would run on it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var command = new Command("doctor", "Shows what this machine has and what would run on it; ends with 0 where libtorch loads, else with 1.");
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        var failure = LoadingFailure();
        var grid = new Grid().AddColumns(2);
        foreach (var (what, value) in Machine().Concat(failure is null ? Torch() : [("libtorch", "does not load")]))
            grid.AddRow(Markup.Escape(what), Markup.Escape(value));
        AnsiConsole.Write(grid);
        if (failure is null)
        {
            Console.WriteLine(Verdict());
            return 0;
        }

        Console.Error.WriteLine(failure);
        return 1;
    }

    /// <summary>Why libtorch does not load, in a sentence; null if it loads.</summary>
    private static string? LoadingFailure()
    {
        // Asked of the loader itself: TorchSharp would next search the package cache and copy half a gigabyte beside this tool.
        try
        {
            foreach (var library in (string[])["torch_cpu", "LibTorchSharp"])
                NativeLibrary.Load(library, typeof(torch).Assembly, searchPath: null);
            return null;
        }
        catch (Exception error) when (error is DllNotFoundException or BadImageFormatException)
        {
            return !HasLibStdCxx()
                ? "libtorch does not load, so no model runs: there is no libstdc++; install it, on Debian and Ubuntu with 'apt-get install libstdc++6'."
                : $"libtorch does not load, so no model runs: {Reason(error.Message)}.";
        }
    }

    /// <summary>What the loader said, without the places where it looked in vain.</summary>
    private static string Reason(string message)
    {
        var found = message.Split('\n').Skip(1).Where(line => line.Length > 0 && !(line.StartsWith('/') && line.EndsWith("No such file or directory")));
        return !OperatingSystem.IsLinux() ? message.TrimEnd('.')
            : string.Join("; ", found) is { Length: > 0 } reasons ? reasons
            : "it is not beside this tool; build the tool with a native package, such as libtorch-cpu-linux-x64";
    }

    private static IEnumerable<(string What, string Value)> Machine() =>
    [
        ("CoCoMix", typeof(DoctorCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
        (".NET", RuntimeInformation.FrameworkDescription),
        ("System", $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {Environment.ProcessorCount} cores"),
        ("SIMD", SimdBits() is 0 ? "none" : $"{SimdBits()} bits"),
        .. OperatingSystem.IsLinux() ? [("libstdc++", HasLibStdCxx() ? "found" : "not found")] : Array.Empty<(string, string)>(),
    ];

    private static IEnumerable<(string What, string Value)> Torch() =>
    [
        ("libtorch", torch.__version__),
        ("Threads", $"{torch.get_num_threads()}"),
        ("CUDA", torch.cuda.is_available() ? $"{torch.cuda.device_count()} devices" : "not available"),
        .. Enumerable.Range(0, torch.cuda.device_count()).Select(device => ($"  cuda:{device}", CudaDriver.NameOf(device) ?? "name not known")),
    ];

    private static string Verdict() => torch.cuda.is_available()
        ? "Models run on the CPU and on CUDA."
        : "Models run on the CPU" + (Vector256.IsHardwareAccelerated ? "." : ", slowly: its SIMD is narrower than the 256 bits that the kernels are written for.");

    private static int SimdBits() =>
        Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0;

    private static bool HasLibStdCxx() => !OperatingSystem.IsLinux() || NativeLibrary.TryLoad("libstdc++.so.6", out _);
}
