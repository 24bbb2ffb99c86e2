using System.Diagnostics;
using System.Reflection;

namespace CoCoMix.Tests;

/// <summary>How a process ended, and what it wrote.</summary>
internal sealed record Ended(int ExitCode, string Output, string Error);

/// <summary>A program of this repository, run as its own process from its own output folder, as a user runs it.</summary>
internal static class Tool
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>The folder of the solution these tests were built from.</summary>
    public static string Repository { get; } = Ancestors(AppContext.BaseDirectory).First(folder => File.Exists(Path.Combine(folder, "CoCoMix.sln")));

    /// <summary>Runs a project's program to its end.</summary>
    /// <param name="project">Its folder in the repository.</param>
    /// <param name="environment">Set for the process.</param>
    public static Ended Run(string project, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        using var process = Start(project, arguments, environment);
        return End(process);
    }

    /// <summary>The program that a project was built to.</summary>
    public static string ProgramOf(string project)
    {
        var configuration = typeof(Tool).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        return Path.Combine(Repository, project, "bin", configuration, "net10.0", Path.GetFileName(project) + ".dll");
    }

    public static Process Start(string project, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", ProgramOf(project), .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // As in tests.runsettings: threads that spin would take the cores from the tests beside.
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Waits for a process; one that does not end is killed, and the test fails.</summary>
    public static Ended End(Process process)
    {
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(Patience))
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            Assert.Fail($"The process did not end within {Patience}:\n{output.Result}\n{error.Result}");
        }

        return new(process.ExitCode, output.Result, error.Result);
    }

    private static IEnumerable<string> Ancestors(string folder)
    {
        for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent) yield return at.FullName;
    }
}
