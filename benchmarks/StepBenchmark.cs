using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using CoCoMix.Engine.Passes;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Benchmarks;

/// <summary>
/// Steps of declared models as generated, against plain TorchSharp under autograd. Each contender runs in a process of its own, which sees
/// nothing of the other's memory or caches; they alternate, and medians are over the rounds.
/// </summary>
internal static class StepBenchmark
{
    /// <summary>What one process measured.</summary>
    /// <param name="Seconds">Median time of a step.</param>
    /// <param name="Peak">Most memory that was resident, in bytes.</param>
    /// <param name="Before">Memory resident before the model was made, in bytes.</param>
    /// <param name="Gflops">What libtorch's matrix product reached in the same process, in GFLOP/s.</param>
    internal sealed record Measured(double Seconds, long Peak, long Before, long Parameters, long Frozen, double Flops, double Gflops)
    {
        /// <summary>Memory besides weights, gradients and moments.</summary>
        public long Above => Math.Max(0, Peak - Before - 4 * (4 * Parameters + Frozen));
    }

    public static int Run(IReadOnlyList<string> names, int rounds)
    {
        var cases = StepCase.All.Where(each => names.Count == 0 || names.Any(name => each.Name.StartsWith(name, StringComparison.Ordinal))).ToList();
        if (cases.Count == 0)
        {
            Console.Error.WriteLine($"There is no case '{string.Join("' or '", names)}'; there are {string.Join(", ", StepCase.All.Select(each => each.Name))}.");
            return 1;
        }
        Console.WriteLine($"{get_num_threads()} threads, {rounds} rounds; medians (quartiles)");
        Console.WriteLine($"{"",-24} {"eager as the reference",24} {"eager, fused attention",24} {"generated",24}       times as fast as");
        Console.WriteLine($"{"case",-24} {"ms",24} {"ms",24} {"ms",24} {"reference",9} {"goal",5} {"fused",6} {"tokens/s",9} {"utilisation",11}   peak MiB (besides weights, gradients and moments)");
        foreach (var each in cases)
        {
            var (eager, fused, generated) = (new List<Measured>(), new List<Measured>(), new List<Measured>());
            for (var round = 0; round < rounds; round++)
            {
                if (each.Eager is not null) eager.Add(Process(each, "eager"));
                if (each.Eager is not null) fused.Add(Process(each, "fused"));
                generated.Add(Process(each, "generated"));
            }
            Console.WriteLine(Row(each, eager, fused, generated));
        }
        return 0;
    }

    private static string Row(StepCase of, List<Measured> eager, List<Measured> fused, List<Measured> generated)
    {
        var time = Median(generated, one => one.Seconds);
        var utilisation = generated[0].Flops == 0 ? "" : Median(generated, one => one.Flops / one.Seconds / 1e9 / one.Gflops).ToString("F2", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture,
            $"{of.Name,-24} {Times(eager),24} {Times(fused),24} {Times(generated),24} {Ratio(eager),9} {(of.Goal == 0 ? "" : $"{of.Goal:F1}"),5} {Ratio(fused),6} {of.Tokens / time,9:N0} {utilisation,11}   {string.Join(" : ", new[] { eager, fused, generated }.Where(all => all.Count > 0).Select(Memory))}");

        static string Times(List<Measured> all) => all.Count == 0 ? "" : Timings.Describe([.. all.Select(one => one.Seconds * 1e3)]);

        // Of the same round: what the machine does besides changes from minute to minute.
        string Ratio(List<Measured> all) => all.Count == 0 ? ""
            : Timings.Median([.. all.Zip(generated, (theirs, ours) => theirs.Seconds / ours.Seconds)]).ToString("F2", CultureInfo.InvariantCulture);

        static string Memory(List<Measured> all) => $"{Median(all, one => one.Peak) / (1 << 20):N0} ({Median(all, one => one.Above) / (1 << 20):N0})";
    }

    private static double Median(List<Measured> all, Func<Measured, double> value) => Timings.Median([.. all.Select(value)]);

    /// <summary>
    /// What each of the generator's passes, and the allocator, is worth: the same steps without it. A step with all passes and one without some take turns in
    /// one process, so that both see the same machine.
    /// </summary>
    public static int RunPasses(string name, int rounds)
    {
        if (StepCase.All.FirstOrDefault(each => each.Name == name) is not { } of)
        {
            Console.Error.WriteLine($"There is no case '{name}'; there are {string.Join(", ", StepCase.All.Select(each => each.Name))}.");
            return 1;
        }
        var passes = Enum.GetValues<Pass>().Where(pass => pass is not Pass.None and not Pass.All).Select(pass => pass.ToString()).ToList();
        Console.WriteLine($"{of.Name}, {get_num_threads()} threads, {rounds} rounds of {of.Steps} steps; medians (quartiles)");
        Console.WriteLine($"{"without",-18} {"times as long",18}   peak MiB (besides weights, gradients and moments)");
        // Without nothing, the ratio says how much of the others is noise.
        foreach (var (without, off) in passes.Select(pass => (pass, pass)).Prepend(("nothing", "None")).Append(("all passes", string.Join(",", passes))))
            Console.WriteLine(Line(without, [.. Enumerable.Range(0, rounds).SelectMany(_ => JsonSerializer.Deserialize<double[]>(Output(["paired", of.Name, "--without", off]))!)], Process(of, "generated", off)));
        var own = Enumerable.Range(0, rounds).Select(_ => (Without: Process(of, "generated", "None", "0"), With: Process(of, "generated", "None"))).ToList();
        Console.WriteLine(Line("the allocator", [.. own.Select(pair => pair.Without.Seconds / pair.With.Seconds)], own[0].Without));
        return 0;

        static string Line(string without, double[] ratios, Measured memory) => string.Create(CultureInfo.InvariantCulture,
            $"{without,-18} {Timings.Describe(ratios, "F3"),18}   {memory.Peak / (1 << 20):N0} ({memory.Above / (1 << 20):N0})");
    }

    /// <summary>The process that compares steps without some passes with steps with all: prints their ratios.</summary>
    public static int RunPaired(string name, string without)
    {
        var of = StepCase.All.Single(each => each.Name == name);
        Contender[] contenders = [.. new[] { "None", without }.Select(off =>
        {
            Declarations.SwitchOff(off);
            manual_seed(0);
            return of.Generated();
        })];
        var ratios = new List<double>();
        for (var step = of.Steps > 3 ? -3 : -1; step < of.Steps; step++)
        {
            var seconds = new double[2];
            // Each goes first as often as the other.
            foreach (var i in step % 2 == 0 ? new[] { 0, 1 } : [1, 0])
            {
                var watch = Stopwatch.StartNew();
                using (NewDisposeScope()) contenders[i].Run();
                seconds[i] = watch.Elapsed.TotalSeconds;
            }
            if (step >= 0) ratios.Add(seconds[1] / seconds[0]);
        }
        Console.WriteLine(JsonSerializer.Serialize(ratios));
        return 0;
    }

    private static Measured Process(StepCase of, string contender, string passesOff = "", string memory = "") =>
        JsonSerializer.Deserialize<Measured>(Output(["contender", of.Name, contender, .. passesOff.Length == 0 ? Array.Empty<string>() : ["--without", passesOff]], memory))!;

    private static string Output(string[] arguments, string memory = "")
    {
        using var process = System.Diagnostics.Process.Start(new ProcessStartInfo(
            Environment.ProcessPath!, [.. Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(StepBenchmark).Assembly.Location] : Array.Empty<string>(), .. arguments])
        { RedirectStandardOutput = true, Environment = { ["COCOMIX_CPU_MEMORY"] = memory } })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }

    /// <summary>The process of one contender: prints what it measured.</summary>
    public static int RunContender(string name, string contender, string? without)
    {
        if (without is not null) Declarations.SwitchOff(without);
        var of = StepCase.All.Single(each => each.Name == name);
        manual_seed(0);
        var rates = new List<double> { Gflops() };
        var before = Environment.WorkingSet;
        var made = contender == "generated" ? of.Generated() : of.Eager!(contender == "fused");
        var seconds = new List<double>();
        // The first step compiles, the second finds its memory; where a step takes seconds neither matters much.
        for (var step = of.Steps > 3 ? -3 : -1; step < of.Steps; step++)
        {
            var watch = Stopwatch.StartNew();
            using (NewDisposeScope()) made.Run();
            if (step >= 0) seconds.Add(watch.Elapsed.TotalSeconds);
            if (step >= 0 && seconds[^1] > 0.5) rates.Add(Gflops());
        }
        using var self = System.Diagnostics.Process.GetCurrentProcess();
        Console.WriteLine(JsonSerializer.Serialize(new Measured(Timings.Median(seconds), self.PeakWorkingSet64, before, made.Parameters, made.Frozen, made.Flops, Timings.Median(rates))));
        return 0;
    }

    /// <summary>What libtorch's matrix product reaches, as the median of several.</summary>
    private static double Gflops()
    {
        const int size = 1536;
        using var scope = NewDisposeScope();
        var (a, b) = (randn(size, size), randn(size, size));
        var seconds = Enumerable.Range(0, 9).Select(_ =>
        {
            var watch = Stopwatch.StartNew();
            a.mm(b).Dispose();
            return watch.Elapsed.TotalSeconds;
        }).Skip(2).ToList();
        return 2.0 * size * size * size / Timings.Median(seconds) / 1e9;
    }
}
