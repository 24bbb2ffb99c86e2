using System.Runtime.InteropServices;
using CoCoMix.Models;
using CoCoMix.Tests;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Tests;

public sealed class LabelsTests
{
    [Fact]
    public void Labels_are_those_of_the_teacher_and_training_reads_them()
    {
        using var run = new LabelledRun(windows: 40);

        var ended = Cocomix.Run(run.Labels("labels.bin"));

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.Contains("4 labels for each of 5,120 tokens", ended.Output);
        Assert.Contains("the last 50 tokens are no whole window and have none", ended.Output);
        Assert.Equal(8 * 5_120, new FileInfo(run["labels.bin"]).Length);
        using var tokens = new TokenFile(run["tokens.bin"]);
        using var student = new TinyCoCoMix();
        using var teacher = new TinyTeacher();
        using var sae = new TinySae();
        Checkpoint.Load(teacher, run["teacher.safetensors"]);
        Checkpoint.Load(sae, run["sae.safetensors"]);
        using var file = new LabelFile(run["labels.bin"], student, tokens, 128);
        for (var i = 0; i < 40; i += 13)
        {
            using var ids = tokens.Batch([i * 128L], 128);
            Assert.Equal(student.label(ids, teacher, sae).data<long>().ToArray(), file.For([i * 128L], ids).data<long>().ToArray());
        }

        // The same run, with labels from the file and with the teacher itself.
        Directory.CreateDirectory(run["data"]);
        File.Copy(run["tokens.bin"], Path.Combine(run["data"], "train.bin"));
        File.Copy(run["tokens.bin"], Path.Combine(run["data"], "val.bin"));
        string[] Train(string to, params string[] labels) =>
            ["train", "TinyCoCoMix", "--data", run["data"], "--out", run[to], "--steps", "4", "--tokens-per-step", "256", "--schedule.warmup", "1", "--threads", "1", .. labels];
        Succeeds(Cocomix.Run(Train("from-file", "--labels.file", run["labels.bin"])));
        Succeeds(Cocomix.Run(Train("from-teacher", "--labels.teacher-weights", run["teacher.safetensors"], "--labels.sae-weights", run["sae.safetensors"])));
        const string last = "checkpoints/step-00000004.safetensors";
        Assert.Equal(File.ReadAllBytes(run["from-teacher/" + last]), File.ReadAllBytes(run["from-file/" + last]));
        Refused(Cocomix.Run(Train("both", "--labels.file", run["labels.bin"], "--labels.teacher-weights", run["teacher.safetensors"], "--labels.sae-weights", run["sae.safetensors"])), "give one of the two");
        Refused(Cocomix.Run(Train("shorter", "--labels.file", run["labels.bin"], "--length", "64")), "was made with window length 128, not 64");
    }

    [Fact]
    public void An_extraction_that_was_killed_goes_on_to_the_same_bytes_and_no_other_teacher_goes_on_with_it()
    {
        using var run = new LabelledRun(windows: 350);
        Succeeds(Cocomix.Run(run.Labels("whole.bin")));

        // Killed once while nothing may be recorded yet, then where some of it is.
        using (var process = LabelledRun.Start(run.Labels("killed.bin")))
        {
            while (!File.Exists(run["killed.bin"])) Thread.Sleep(5);
            LabelledRun.Kill(process);
        }
        using (var process = LabelledRun.Start(run.Labels("killed.bin")))
        {
            while (Done() == 0 && !process.HasExited) Thread.Sleep(5);
            LabelledRun.Kill(process);
        }
        Assert.InRange(Done(), 4, 349);

        Refused(Cocomix.Run(run.Labels("killed.bin", teacher: "other-teacher")), "teacher weights of hash");
        Refused(Cocomix.Run(run.Labels("killed.bin", sae: "other-sae")), "weights of SAE 0 of hash");
        Refused(Cocomix.Run(run.Labels("killed.bin", more: ["--length", "64"])), "window length 128, not 64");
        Succeeds(Cocomix.Run(run.Labels("killed.bin")));

        Assert.Equal(File.ReadAllBytes(run["whole.bin"]), File.ReadAllBytes(run["killed.bin"]));
        Assert.Equal(File.ReadAllBytes(run["whole.bin.json"]), File.ReadAllBytes(run["killed.bin.json"]));

        long Done() => File.Exists(run["killed.bin.json"]) ? LabelHeader.Read(run["killed.bin"]).Done : 0;
    }

    [Fact]
    public void Stopped_it_keeps_what_it_has_and_ends_as_the_signal_says()
    {
        if (OperatingSystem.IsWindows()) return; // There are no signals to send.
        using var run = new LabelledRun(windows: 2_000);
        using var process = LabelledRun.Start(run.Labels("labels.bin"));
        while (!File.Exists(run["labels.bin.json"])) Thread.Sleep(5);
        Thread.Sleep(300);

        Assert.Equal(0, Signal(process.Id, 15));
        var ended = Tool.End(process);

        Assert.Equal(143, ended.ExitCode);
        var done = LabelHeader.Read(run["labels.bin"]).Done;
        Assert.InRange(done, 4, 1_999);
        Assert.Equal(done * 128 * 8, new FileInfo(run["labels.bin"]).Length);
        Assert.Contains(FormattableString.Invariant($"Stopped after {done:N0} of 2,000 windows"), ended.Output);
    }

    [Fact]
    public void What_does_not_fit_is_one_sentence()
    {
        using var run = new LabelledRun(windows: 2);
        Refused(Cocomix.Run(["labels", "TinyNextToken", .. run.Labels("l.bin")[2..]]), "TinyNextToken declares no concept labels");
        Refused(Cocomix.Run(run.Labels("l.bin", teacher: "sae")), "does not fit TinyTeacher");
        Refused(Cocomix.Run(run.Labels("l.bin", more: ["--sae-weights", run["sae.safetensors"]])), "--sae-weights names 2 files, but TinyCoCoMix declares 1 SAEs");
        Refused(Cocomix.Run(run.Labels("l.bin", more: ["--length", "129"])), "--length is 129: TinyCoCoMix reads at most 128 tokens");
        TokenFile.Write(run["tokens.bin"], Enumerable.Repeat(1_024, 300));
        Refused(Cocomix.Run(run.Labels("l.bin")), "is 1024, outside the vocabulary of 1024");
        Assert.False(File.Exists(run["l.bin"]));
    }

    private static void Succeeds(Ended ended) => Assert.Equal((0, ""), (ended.ExitCode, ended.Error));

    private static void Refused(Ended ended, string why)
    {
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains(why, ended.Error);
        Assert.Single(ended.Error.TrimEnd().Split('\n'));
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int process, int signal);
}
