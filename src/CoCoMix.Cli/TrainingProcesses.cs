using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CoCoMix.Training;

namespace CoCoMix.Cli;

/// <summary>Trains the runs of a comparison, each in a process of this tool, several at a time.</summary>
/// <param name="runs">The runs; those that are finished are left alone, those that have begun go on.</param>
/// <param name="jobs">Processes at a time.</param>
/// <param name="finished">Told of each run that has finished, one at a time.</param>
internal sealed partial class TrainingProcesses(IReadOnlyList<VariantRun> runs, int jobs, Action<VariantRun> finished)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = new();
    private readonly List<string> _failures = [];
    private int _done;
    private long _tokensDone, _tokensToDo;

    /// <summary>Trains what is not finished.</summary>
    /// <param name="stop">Asks the processes to save and end, and waits for them.</param>
    /// <returns>A sentence for each run that failed.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was asked for.</exception>
    public IReadOnlyList<string> Train(CancellationToken stop)
    {
        var open = runs.Where(run => !run.IsFinished).ToList();
        (_done, _tokensToDo) = (runs.Count - open.Count, open.Sum(TokensOf));
        Console.WriteLine(FormattableString.Invariant($"{runs.Count} runs, {_done} of them finished before; {jobs} at a time, {_tokensToDo:N0} tokens to train on."));
        _clock.Start();
        Parallel.ForEachAsync(open, new ParallelOptions { MaxDegreeOfParallelism = jobs, CancellationToken = stop }, async (run, _) => await Train(run, stop)).GetAwaiter().GetResult();
        return _failures;
    }

    private static long TokensOf(VariantRun run) => run.Variant.Settings.Steps * run.Variant.Settings.TokensPerStep;

    private async Task Train(VariantRun run, CancellationToken stop)
    {
        // A process of a comparison that was killed may still be saving.
        while (RunFolder.IsInUse(run.Folder)) await Task.Delay(Pause, stop);
        var (exitCode, error) = await Process(run, stop);
        stop.ThrowIfCancellationRequested();
        lock (_lock)
        {
            if (exitCode != 0)
            {
                var sentence = $"{run.Title}: {(error == "" ? $"its process ended with {exitCode}." : error)}";
                Console.Error.WriteLine(sentence);
                _failures.Add(sentence);
                return;
            }
            _done++;
            _tokensDone += TokensOf(run);
            var left = TimeSpan.FromSeconds(_clock.Elapsed.TotalSeconds * (_tokensToDo - _tokensDone) / _tokensDone);
            Console.WriteLine(FormattableString.Invariant($"{run.Title}: perplexity {run.Read().Curve.End.Perplexity:F3}. {_done} of {runs.Count} runs are finished; about {(long)left.TotalHours:00}:{left.Minutes:00}:{left.Seconds:00} left."));
            finished(run);
        }
    }

    /// <summary>Runs the process to its end.</summary>
    /// <returns>How it ended, and the last line of what it complained of.</returns>
    private async Task<(int ExitCode, string Error)> Process(VariantRun run, CancellationToken stop)
    {
        using var log = TextWriter.Synchronized(new StreamWriter(Path.Combine(run.Folder, "train.log"), append: true) { AutoFlush = true });
        using var process = System.Diagnostics.Process.Start(ThisTool(["train", "--resume", run.Folder]))!;
        // Its input ends when it is asked to stop, and when this process is killed.
        await using var _ = stop.Register(process.StandardInput.Close);
        var error = "";
        await Task.WhenAll(
            Read(process.StandardOutput, line => Show(run, line)),
            Read(process.StandardError, line => error = line));
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, error);

        async Task Read(StreamReader reader, Action<string> use)
        {
            while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
            {
                log.WriteLine(line);
                if (line != "") use(line);
            }
        }
    }

    private static void Show(VariantRun run, string line)
    {
        if (Evaluation().Match(line) is { Success: true } found) Console.WriteLine($"{run.Title}: step {found.Groups[1].Value}, perplexity {found.Groups[2].Value}");
    }

    /// <summary>This program, however it was started: by its own name or by <c>dotnet</c>.</summary>
    private static ProcessStartInfo ThisTool(IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath!;
        var isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        return new(program, isHost ? ["exec", typeof(TrainingProcesses).Assembly.Location, .. arguments] : arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8,
            Environment = { [StopSignal.AtEndOfInput] = "1" },
        };
    }

    [GeneratedRegex(@"^step +(\S+) .* perplexity (\S+)")]
    private static partial Regex Evaluation();
}
