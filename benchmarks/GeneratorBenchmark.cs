using System.Diagnostics;
using System.Text.RegularExpressions;
using CoCoMix.Generators;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Benchmarks;

/// <summary>
/// What analyzers and generator add to a build of many models, as whole processes, and what an edit costs in an editor: how long the
/// generator runs, and which files it writes again.
/// </summary>
internal static class GeneratorBenchmark
{
    private static readonly string Here = AppContext.BaseDirectory;

    public static int Run(int models, int blocks, int rounds)
    {
        Console.WriteLine($"{models} models of {blocks} blocks, {rounds} rounds");
        var folder = Directory.CreateTempSubdirectory("cocomix-generator-").FullName;
        try
        {
            Builds(folder, models, blocks, rounds);
            Edits(models, blocks, rounds);
            return 0;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>
    /// Builds of a project with and without analyzers and generator, alternating: in compiler processes that start cold, and in the SDK's compiler
    /// server, which stays from build to build and is warm after the first, which is not counted.
    /// </summary>
    private static void Builds(string folder, int models, int blocks, int rounds)
    {
        File.WriteAllText(Path.Combine(folder, "Directory.Build.props"), "<Project />");
        File.WriteAllText(Path.Combine(folder, "Synthetic.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <NoWarn>$(NoWarn);CS0649;CS0169;CS8618</NoWarn>
              </PropertyGroup>
              <ItemGroup>
                <Reference Include="{Here}CoCoMix.dll" />
                <Reference Include="{Here}TorchSharp.dll" />
              </ItemGroup>
              <ItemGroup Condition="'$(WithCoCoMix)' == 'true'">
                <Analyzer Include="{Here}CoCoMix.Engine.dll;{Here}CoCoMix.Generators.dll" />
              </ItemGroup>
            </Project>
            """);
        for (var n = 0; n < models; n++) File.WriteAllText(Path.Combine(folder, $"Model{n}.cs"), SyntheticProject.Model(n, blocks));
        File.WriteAllText(Path.Combine(folder, "Unrelated.cs"), SyntheticProject.Unrelated);
        Dotnet(folder, "restore");
        foreach (var server in new[] { false, true })
        {
            var (with, without, ours) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = server ? -2 : 0; round < rounds; round++)
            {
                var plain = Build(folder, server, with: false).Seconds;
                var (seconds, reported) = Build(folder, server, with: true);
                if (round < 0) continue;
                without.Add(plain);
                with.Add(seconds);
                ours.Add(reported);
            }
            Console.WriteLine($"builds {(server ? "in a warm compiler server" : "in new compiler processes")}");
            Console.WriteLine($"  analyzers and generator    {Timings.Describe(ours)} s, as the compiler reports them");
            Console.WriteLine($"  without them               {Timings.Describe(without)} s");
            Console.WriteLine($"  with them                  {Timings.Describe(with)} s, of which {Timings.Median(with) - Timings.Median(without) - Timings.Median(ours):F1} s compile what is generated");
        }
        Dotnet(folder, "build-server shutdown --vbcscompiler");
    }

    private static (double Seconds, double Reported) Build(string folder, bool server, bool with)
    {
        var watch = Stopwatch.StartNew();
        var output = Dotnet(folder, $"build --no-restore -t:Rebuild -p:WithCoCoMix={(with ? "true" : "false")} -p:UseSharedCompilation={(server ? "true" : "false")} -p:ReportAnalyzer=true -v:d -nologo -clp:NoSummary");
        var seconds = watch.Elapsed.TotalSeconds;
        var reported = Regex.Matches(output, @"^\s+(<?[\d.]+)\s+<?\d+\s+CoCoMix\.Generators, Version", RegexOptions.Multiline)
            .Sum(match => double.Parse(match.Groups[1].Value.TrimStart('<'), System.Globalization.CultureInfo.InvariantCulture));
        return (seconds, reported);
    }

    private static string Dotnet(string folder, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, Environment = { ["DOTNET_CLI_UI_LANGUAGE"] = "en" } })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"dotnet {arguments} ended with {process.ExitCode}:\n{output}");
    }

    /// <summary>Edits in an editor that keeps the generator running.</summary>
    private static void Edits(int models, int blocks, int rounds)
    {
        var sources = CSharpCompilation.Create("Synthetic",
            [Parse(SyntheticProject.Unrelated), .. Enumerable.Range(0, models).Select(n => Parse(SyntheticProject.Model(n, blocks)))],
            Declarations.References, new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        var (first, unrelated, model) = (new List<double>(), new List<double>(), new List<double>());
        var (unrelatedWritten, modelWritten) = (0, 0);
        for (var round = -1; round < rounds; round++)
        {
            GeneratorDriver driver = CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
            // A copy knows nothing of the rounds before.
            var compilation = sources.Clone();
            _ = compilation.GetDiagnostics();
            var watch = Stopwatch.StartNew();
            driver = driver.RunGenerators(compilation);
            var firstTime = watch.Elapsed.TotalMilliseconds;

            var trees = compilation.SyntaxTrees;
            var edited = compilation.ReplaceSyntaxTree(trees[0], Parse(SyntheticProject.Unrelated.Replace("42", $"{round}")));
            watch.Restart();
            driver = driver.RunGenerators(edited);
            var unrelatedTime = watch.Elapsed.TotalMilliseconds;
            unrelatedWritten = Written(driver);

            edited = edited.ReplaceSyntaxTree(trees[1], Parse(SyntheticProject.Model(0, blocks).Replace("Context = 1_024", $"Context = {512 + round}")));
            watch.Restart();
            driver = driver.RunGenerators(edited);
            var modelTime = watch.Elapsed.TotalMilliseconds;
            modelWritten = Written(driver);
            if (round < 0) continue;
            first.Add(firstTime);
            unrelated.Add(unrelatedTime);
            model.Add(modelTime);
        }
        Console.WriteLine("the generator in an editor");
        Console.WriteLine($"  first run                  {Timings.Describe(first)} ms");
        Console.WriteLine($"  edit of an unrelated file  {Timings.Describe(unrelated)} ms, {unrelatedWritten} files written");
        Console.WriteLine($"  edit of one model          {Timings.Describe(model)} ms, {modelWritten} files written");
    }

    private static SyntaxTree Parse(string text) => CSharpSyntaxTree.ParseText(text, CSharpParseOptions.Default.WithLanguageVersion(LanguageVersion.Latest));

    private static int Written(GeneratorDriver driver) => driver.GetRunResult().Results.Single().TrackedOutputSteps.Values.SelectMany(runs => runs)
        .SelectMany(run => run.Outputs).Count(output => output.Reason is IncrementalStepRunReason.New or IncrementalStepRunReason.Modified);
}
