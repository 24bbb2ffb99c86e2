using System.Diagnostics;
using System.Reflection;

namespace CoCoMix.Packaging.Tests;

/// <summary>What a process printed, both streams together, and how it ended.</summary>
internal sealed record Outcome(string Command, int ExitCode, string Output)
{
    /// <summary>The errors MSBuild printed, without their repetition in its summary.</summary>
    public IEnumerable<string> Errors => Output.Split('\n').Select(line => line.Trim()).Where(line => line.Contains("error ")).Distinct();

    /// <summary>Fails the test, showing the output, unless the process succeeded.</summary>
    public string Succeeded()
    {
        Assert.True(ExitCode == 0, $"{Command} ended with {ExitCode}:\n{Output}");
        return Output;
    }
}

/// <summary>Runs the SDK as a user would from a shell.</summary>
internal static class Dotnet
{
    /// <summary>The folder of the solution these tests were built from.</summary>
    public static string Repository { get; } = Ancestors(AppContext.BaseDirectory).First(d => File.Exists(Path.Combine(d, "CoCoMix.sln")));

    /// <summary>Debug or Release: what these tests, and so the projects they pack, were built as.</summary>
    public static string Configuration { get; } =
        typeof(Dotnet).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>The version of CoCoMix, TorchSharp or LibTorch that this repository builds with.</summary>
    public static string VersionOf(string name) =>
        typeof(Dotnet).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == name).Value!;

    /// <summary>Runs <c>dotnet</c> with the arguments in a folder.</summary>
    public static Outcome Run(string folder, string arguments, string? packages = null)
    {
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // What the build and the test host around these tests set for themselves would steer the builds inside them.
        foreach (var name in start.Environment.Keys.Where(IsHosts).ToList()) start.Environment.Remove(name);

        // A node or a server left running would hold this process's output open.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        if (packages is not null) start.Environment["NUGET_PACKAGES"] = packages;

        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(4)))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
        }

        return new Outcome($"dotnet {arguments}", process.ExitCode, output.Result + error.Result);
    }

    static bool IsHosts(string name) =>
        name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase) || name.StartsWith("VSTEST", StringComparison.OrdinalIgnoreCase);

    static IEnumerable<string> Ancestors(string folder)
    {
        for (DirectoryInfo? d = new(folder); d is not null; d = d.Parent) yield return d.FullName;
    }
}
