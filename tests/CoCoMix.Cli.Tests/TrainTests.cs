using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed partial class TrainTests : IDisposable
{
    private const int Forever = 1_000_000;

    private readonly TrainingRun _run = new();

    public void Dispose() => _run.Dispose();

    [Theory, InlineData("INT", 130), InlineData("TERM", 143)]
    public void A_signal_saves_and_ends_and_the_run_goes_on_where_it_was(string signal, int exitCode)
    {
        if (OperatingSystem.IsWindows()) return; // It has no kill.
        using var process = TrainingRun.Start(_run.Begin(_run["a"], Forever));
        TrainingRun.WaitForStep(process);

        Send(signal, process);
        var ended = Tool.End(process);

        Assert.Equal((exitCode, ""), (ended.ExitCode, ended.Error));
        var step = int.Parse(StoppedAfter().Match(ended.Output).Groups[1].Value.Replace(",", ""));
        Assert.True(File.Exists(TrainingRun.CheckpointOf(_run["a"], step)));
        var steps = step + 30;
        // The schedule is of another length only from here on: up to here its warm-up is the same and its cosine as good as flat.
        Assert.Equal(0, Cocomix.Run([.. TrainingRun.Resume(_run["a"]), "--steps", $"{steps}"]).ExitCode);
        Assert.True(File.Exists(TrainingRun.CheckpointOf(_run["a"], steps)));
    }

    [Fact]
    public void A_run_that_was_resumed_is_the_run_that_was_not()
    {
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["whole"], 60, "--checkpoints.every", "30", "--checkpoints.keep-last", "3")).ExitCode);
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["b"], 60, "--checkpoints.every", "30")).ExitCode);
        File.Delete(TrainingRun.CheckpointOf(_run["b"], 60));

        Assert.Equal(0, Cocomix.Run(TrainingRun.Resume(_run["b"])).ExitCode);

        TrainingRun.AssertSame(_run["whole"], _run["b"], 60);
    }

    [Fact]
    public void A_run_on_hashed_labels_needs_no_teacher_and_goes_on_with_no_others()
    {
        string[] begin = ["train", "Student", "--assembly", typeof(TrainTests).Assembly.Location, "--data", _run.Data, "--tokens-per-step", "128", "--schedule.warmup", "1", "--threads", "1", "--labels.hashed"];
        Assert.Equal(0, Cocomix.Run([.. begin, "--out", _run["whole"], "--steps", "8", "--checkpoints.every", "4", "--checkpoints.keep-last", "3"]).ExitCode);
        Assert.Equal(0, Cocomix.Run([.. begin, "--out", _run["b"], "--steps", "8", "--checkpoints.every", "4"]).ExitCode);
        File.Delete(TrainingRun.CheckpointOf(_run["b"], 8));

        Assert.Equal(0, Cocomix.Run(TrainingRun.Resume(_run["b"])).ExitCode);
        TrainingRun.AssertSame(_run["whole"], _run["b"], 8);

        var others = Cocomix.Run([.. TrainingRun.Resume(_run["b"]), "--set", "labels.hashed=false", "--labels.teacher-weights", _run["teacher.safetensors"], "--labels.sae-weights", _run["sae.safetensors"], "--steps", "9"]);
        Assert.Equal(1, others.ExitCode);
        Assert.Contains("hashed from token ids with seed 0", others.Error);
    }

    [Fact]
    public void A_second_process_is_refused()
    {
        using var process = TrainingRun.Start(_run.Begin(_run["a"], Forever));
        TrainingRun.WaitForStep(process);

        AssertRefused($"Another process is training in '{_run["a"]}': let it end, or choose another folder.", TrainingRun.Resume(_run["a"]));
        AssertRefused($"Another process is training in '{_run["a"]}': let it end, or choose another folder.", _run.Begin(_run["a"], 10));

        process.Kill();
        process.WaitForExit();
    }

    [Fact]
    public void Where_a_checkpoint_does_not_fit_the_disk_the_run_goes_on_and_earlier_ones_stay()
    {
        if (!OperatingSystem.IsLinux()) return; // Its shell limits the size of files.
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["whole"], 60, "--checkpoints.every", "20")).ExitCode);
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["a"], 60, "--checkpoints.every", "20", "--checkpoints.keep-last", "3")).ExitCode);
        foreach (var step in (int[])[40, 60]) File.Delete(TrainingRun.CheckpointOf(_run["a"], step));
        var first = File.ReadAllBytes(TrainingRun.CheckpointOf(_run["a"], 20));

        // A file of half a checkpoint's size is the largest that the process may write.
        var start = new ProcessStartInfo("bash", ["-c", $"trap '' XFSZ; ulimit -f {first.Length / 2 / 1024}; exec dotnet exec {Tool.ProgramOf("src/CoCoMix.Cli")} train --resume {_run["a"]}"])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        // Else the runtime keeps its own code in a file, which would be too large.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        using var process = Process.Start(start)!;
        var ended = Tool.End(process);

        Assert.Equal(1, ended.ExitCode);
        Assert.Matches(@"\AStep 40: no checkpoint could be written \([^\n]*\); training goes on from memory\.\nStep 60: report\.html cannot be made \([^\n]*\); training goes on without\.\nStep 60: no checkpoint could be written \([^\n]*\); earlier ones are as they were\.\n\z", ended.Error);
        Assert.Equal(["step-00000020.safetensors"], Directory.EnumerateFiles(Path.Combine(_run["a"], "checkpoints")).Select(Path.GetFileName));
        Assert.Equal(first, File.ReadAllBytes(TrainingRun.CheckpointOf(_run["a"], 20)));

        Assert.Equal(0, Cocomix.Run(TrainingRun.Resume(_run["a"])).ExitCode);
        TrainingRun.AssertSame(_run["whole"], _run["a"], 60);
    }

    [Fact]
    public void On_a_full_or_read_only_disk_the_run_goes_on_and_earlier_checkpoints_stay()
    {
        var disk = _run["disk"];
        if (!OperatingSystem.IsLinux() || !TryMount(disk, "-t", "tmpfs", "-o", "size=256k", "tmpfs")) return; // It takes root.
        try
        {
            var folder = Path.Combine(disk, "run");
            using (var process = TrainingRun.Start(_run.Begin(folder, Forever, "--checkpoints.every", "40")))
            {
                TrainingRun.WaitForStep(process);
                AssertWarns(process, "no checkpoint could be written", () => Fill(Path.Combine(disk, "full")));
                File.Delete(Path.Combine(disk, "full"));
                var checkpoints = Path.Combine(folder, "checkpoints");
                Run("mount", "--bind", checkpoints, checkpoints);
                AssertWarns(process, "no checkpoint could be written", () => Run("mount", "-o", "remount,bind,ro", checkpoints));
                Run("umount", "-l", checkpoints);
                Send("TERM", process);
                Assert.Equal(143, Tool.End(process).ExitCode);
            }
            Assert.Equal(0, Cocomix.Run([.. TrainingRun.Resume(folder), "--steps", "10"]).ExitCode);
        }
        finally
        {
            Run("umount", "-l", disk);
        }
    }

    [Fact]
    public void A_folder_that_vanishes_is_made_again()
    {
        if (OperatingSystem.IsWindows()) return; // It keeps folders of open files.
        using var process = TrainingRun.Start(_run.Begin(_run["a"], Forever, "--checkpoints.every", "20"));
        TrainingRun.WaitForStep(process);

        AssertWarns(process, "has vanished; it is made again", () => Directory.Move(_run["a"], _run["elsewhere"]));
        Send("INT", process);

        Assert.Equal(130, Tool.End(process).ExitCode);
        Assert.Equal(0, Cocomix.Run([.. TrainingRun.Resume(_run["a"]), "--steps", "10"]).ExitCode);
    }

    [Fact]
    public void A_run_that_diverges_ends_with_its_last_good_checkpoint()
    {
        var ended = Cocomix.Run(_run.Begin(_run["a"], 400, "--optimizer.learning-rate", "1e30", "--schedule.warmup", "60", "--checkpoints.every", "1", "--set", "guard.skipped=10"));

        Assert.Equal(1, ended.ExitCode);
        var match = Diverged().Match(ended.Error);
        Assert.True(match.Success, ended.Error);
        Assert.Equal(TrainingRun.CheckpointOf(_run["a"], int.Parse(match.Groups[1].Value) - 1), match.Groups[2].Value);
        Assert.True(File.Exists(match.Groups[2].Value));
    }

    [Fact]
    public void What_cannot_be_is_refused_before_anything_is_written()
    {
        AssertRefused("128 tokens a step are not a whole number of micro-batches of 3 windows of 16 tokens: the nearest number is 144.", _run.Begin(_run["a"], 10, "--batch", "3"));
        AssertRefused("--length is 17: Student reads at most 16 tokens.", _run.Begin(_run["a"], 10, "--length", "17"));
        AssertRefused("--schedule.warmup is 10, more than --steps, 5: warm up for fewer steps.", _run.Begin(_run["a"], 5));
        AssertRefused($"--resume is '{_run["a"]}', which holds no run: there is no config.yaml in it.", TrainingRun.Resume(_run["a"]));
        AssertRefused("--device is 'cuda:x': it must be cpu, cuda, or cuda: and a device's number.", _run.Begin(_run["a"], 10, "--device", "cuda:x"));
        AssertRefused("cocomix train has no option '--learning-rate': the nearest is '--optimizer.learning-rate'.", _run.Begin(_run["a"], 10, "--learning-rate", "1"));
        AssertRefused("Student trains on concept labels: give --labels.file, which cocomix labels makes, or --labels.teacher-weights and --labels.sae-weights, the weights of Teacher and Sae.",
            ["train", "Student", "--assembly", typeof(TrainTests).Assembly.Location, "--data", _run.Data, "--out", _run["a"], "--tokens-per-step", "128"]);
        AssertRefused("--labels.hashed draws labels at random, and --labels.teacher-weights gives a teacher's: give one of the two.", _run.Begin(_run["a"], 10, "--labels.hashed"));
        AssertRefused("--labels.hashed draws labels at random, and --labels.file gives a teacher's: give one of the two.",
            ["train", "Student", "--data", _run.Data, "--labels.hashed", "--labels.file", "x"]);
        AssertRefused("--labels.hashed is given, but TinyNextToken declares no concept labels: leave it out.", ["train", "TinyNextToken", "--data", _run.Data, "--out", _run["a"], "--labels.hashed"]);
        AssertRefused("--labels.teacher-weights and --labels.sae-weights belong together: give the weights of both, or of neither.", ["train", "Student", "--data", _run.Data, "--labels.teacher-weights", "x"]);
        AssertRefused("--data is 'nowhere', and there is no train.bin in it: cocomix data makes it.", ["train", "TinyNextToken", "--data", "nowhere", "--out", _run["a"]]);
        Assert.False(Directory.Exists(_run["a"]));
    }

    [Fact]
    public void Data_that_does_not_fit_is_refused_with_what_and_where()
    {
        string[] begin = ["train", "Alone", "--assembly", typeof(TrainTests).Assembly.Location, "--data", _run.Data, "--out", _run["a"]];
        var (train, validation) = (Path.Combine(_run.Data, "train.bin"), Path.Combine(_run.Data, "val.bin"));
        TokenFile.Write(validation, Enumerable.Repeat(1, 100));
        TokenFile.Write(train, Enumerable.Range(0, 50).Select(i => i == 40 ? 11 : i % 11));
        AssertRefused($"Token 40 of '{train}' is 11, outside the vocabulary of 11: the data is of another tokenizer, or not tokens.", begin);

        File.WriteAllBytes(train, new byte[41]);
        AssertRefused($"'{train}' has 41 bytes; a token file holds at least one token, of 2 bytes each. Write it again, it may be cut short.", begin);

        TokenFile.Write(train, Enumerable.Repeat(1, 8));
        AssertRefused("The text has 8 tokens, fewer than one window of 9: give more text or a shorter window.", [.. begin, "--tokens-per-step", "9"]);

        TokenFile.Write(train, Enumerable.Repeat(1, 100));
        var text = Enumerable.Range(0, 40).Select(i => $"text number {i} of a tokenizer");
        BytePairEncoding.Train(text, 260).Save(_run.Data);
        TokenFileHeader header = new("bpe-11", new('a', 64), Vocabulary: 11, BytesPerToken: 2, Tokens: 100, Documents: 1, new('b', 64));
        File.WriteAllText(TokenFileHeader.PathOf(train), JsonSerializer.Serialize(header, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower }));
        var foreign = Cocomix.Run(begin);
        Assert.Equal(1, foreign.ExitCode);
        Assert.Contains("bpe-11 (aaaaaaaaaaaa), not with bpe-260", foreign.Error);
        Assert.False(Directory.Exists(_run["a"]));
    }

    [Fact]
    public void A_run_is_not_begun_over_another_nor_continued_with_other_data()
    {
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["a"], 10)).ExitCode);
        var config = File.ReadAllText(Path.Combine(_run["a"], "config.yaml"));

        AssertRefused($"There is a run in '{_run["a"]}' already: resume it, or choose another folder.", _run.Begin(_run["a"], 10));
        var other = Cocomix.Run([.. TrainingRun.Resume(_run["a"]), "--seed", "5"]);

        Assert.Equal(1, other.ExitCode);
        Assert.Contains("seed 0", other.Error);
        Assert.Contains("this run has windows of 16 of 8000 tokens, seed 5", other.Error);
        Assert.Equal(config, File.ReadAllText(Path.Combine(_run["a"], "config.yaml")));
    }

    [Fact]
    public void A_damaged_checkpoint_is_named_and_the_one_before_is_taken()
    {
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["whole"], 20, "--checkpoints.every", "10")).ExitCode);
        Assert.Equal(0, Cocomix.Run(_run.Begin(_run["a"], 20, "--checkpoints.every", "10")).ExitCode);
        var last = TrainingRun.CheckpointOf(_run["a"], 20);
        var bytes = File.ReadAllBytes(last);
        bytes[^1] ^= 1;
        File.WriteAllBytes(last, bytes);

        var ended = Cocomix.Run(TrainingRun.Resume(_run["a"]));

        Assert.Equal((0, $"'{last}' is damaged: its content does not have the hash that it was written with.{Environment.NewLine}"), (ended.ExitCode, ended.Error));
        Assert.Contains("It goes on after step 10.", ended.Output);
        TrainingRun.AssertSame(_run["whole"], _run["a"], 20);
    }

    [GeneratedRegex(@"Stopped after step ([\d,]+), which is saved\.")]
    private static partial Regex StoppedAfter();

    [GeneratedRegex(@"Training has diverged: from step (\d+) on, \d+ steps in a row had a loss or a gradient that is not finite, and were skipped\. The last good checkpoint is (\S+): resume there with a lower learning rate or stronger clipping\.\n\z")]
    private static partial Regex Diverged();

    private static void AssertRefused(string sentence, string[] arguments)
    {
        var ended = Cocomix.Run(arguments);
        Assert.Equal((1, sentence + Environment.NewLine), (ended.ExitCode, ended.Error));
    }

    /// <summary>Does something to a running process and waits for a warning.</summary>
    private static void AssertWarns(Process process, string warning, Action act)
    {
        act();
        while (process.StandardError.ReadLine() is { } line)
            if (line.Contains(warning, StringComparison.Ordinal)) return;
        Assert.Fail($"The process ended without the warning '{warning}'.");
    }

    private static void Send(string signal, Process process) => Run("kill", $"-{signal}", $"{process.Id}");

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private static bool TryMount(string folder, params string[] arguments)
    {
        Directory.CreateDirectory(folder);
        using var process = Process.Start(new ProcessStartInfo("mount", [.. arguments, folder]) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    /// <summary>Writes until nothing fits any more.</summary>
    private static void Fill(string path)
    {
        using var stream = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) stream.Write(new byte[1_024]);
        }
        catch (IOException)
        {
        }
    }
}
