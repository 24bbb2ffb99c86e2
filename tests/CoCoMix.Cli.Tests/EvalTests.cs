using System.Globalization;
using CoCoMix.Models;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed class EvalTests(TinyFiles files) : IClassFixture<TinyFiles>
{
    private Ended Eval(params string[] more) => Cocomix.Run(["eval", "TinyCoCoMix", "--weights", files.Student, "--tokens", files.Data, "--threads", "1", .. more]);

    private string[] Lines(params string[] more)
    {
        var ended = Eval(more);
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        return ended.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private TinyCoCoMix Student()
    {
        var student = new TinyCoCoMix();
        Checkpoint.Load(student, files.Student);
        return student;
    }

    [Fact]
    public void Perplexity_is_that_of_all_windows_and_of_those_that_slide()
    {
        using var student = Student();
        using var tokens = new TokenFile(files.Data);
        var windowed = Perplexity.Windowed(student, tokens, WindowOrder.Spread(tokens.Count, 64, int.MaxValue), 64, 4);
        var sliding = Perplexity.Sliding(student, tokens, tokens.Count, 64, 48, 4);
        var lines = Lines("--length", "64", "--batch", "4", "--stride", "48");

        Assert.Equal(2, lines.Length);
        AssertLine("Windows of 64", windowed, lines[0]);
        AssertLine("Sliding by 48", sliding, lines[1]);
        Assert.Equal(tokens.Count - 1, sliding.Tokens);
    }

    [Fact]
    public void A_number_of_windows_is_spread_over_the_file_and_bounds_what_slides()
    {
        using var student = Student();
        using var tokens = new TokenFile(files.Data);
        var lines = Lines("--windows", "3", "--stride", "100");

        AssertLine("Windows of 128", Perplexity.Windowed(student, tokens, WindowOrder.Spread(tokens.Count, 128, 3), 128, 8), lines[0]);
        AssertLine("Sliding by 100", Perplexity.Sliding(student, tokens, 3 * 128, 128, 100, 8), lines[1]);
        Assert.DoesNotContain("NaN", lines[0]);
    }

    [Fact]
    public void Concept_recall_is_compared_with_a_table_that_knows_the_token()
    {
        using var student = Student();
        using var teacher = new TinyTeacher();
        using var sae = new TinySae();
        Checkpoint.Load(teacher, files.Teacher);
        Checkpoint.Load(sae, files.Sae);
        using var tokens = new TokenFile(files.Data);
        var windows = WindowOrder.Spread(tokens.Count, 128, 6);
        var expected = ConceptRecall.Measure(student, new TeacherLabels(student, teacher, [sae]), tokens, [windows[0], windows[2], windows[4]], [windows[1], windows[3], windows[5]], 128, 8);
        var line = Lines("--windows", "1", "--labels.teacher-weights", files.Teacher, "--labels.sae-weights", files.Sae, "--labels.windows", "3")[1];

        Assert.Equal(FormattableString.Invariant($"Concept recall       {expected.Student:P2}   by the token alone {expected.LookUp:P2}   384 positions"), line);
        Assert.True(expected.LookUp > 0);
    }

    [Fact]
    public void What_cannot_be_is_one_sentence()
    {
        AssertRefused("--length is 129: TinyCoCoMix reads at most 128 tokens.", "--length", "129");
        AssertRefused("--stride is 128: it must be less than --length, 128, so that windows overlap.", "--stride", "128");
        AssertRefused("--labels.teacher-weights and --labels.sae-weights belong together: give the weights of both, or of neither.", "--labels.teacher-weights", files.Teacher);
        AssertRefused("--stride runs the model eagerly, in float32: leave --precision out, or evaluate without --stride.", "--stride", "8", "--precision", "bfloat16");
        AssertRefused(
            "--labels.sae-weights names 2 files, but TinyCoCoMix declares 1 SAEs: give the weights of TinySae.", "--labels.teacher-weights", files.Teacher, "--labels.sae-weights", files.Sae, "--labels.sae-weights", files.Sae);
    }

    private void AssertRefused(string sentence, params string[] more)
    {
        var ended = Eval([.. more, "--windows", "1"]);
        Assert.Equal((1, sentence + Environment.NewLine), (ended.ExitCode, ended.Error));
    }

    /// <summary>The numbers to the digits that are shown; threads add in another order.</summary>
    private static void AssertLine(string how, Perplexity expected, string line)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        double After(string word, int places = 1) => double.TryParse(words[Array.IndexOf(words, word) + places], CultureInfo.InvariantCulture, out var number) ? number : double.NaN;

        Assert.StartsWith(how + " ", line);
        Assert.Equal(expected.Value, After("perplexity"), 1e-4 * expected.Value + 1e-3);
        Assert.Equal(expected.MeanNll, After("NLL"), 2e-4);
        if (!double.IsNaN(expected.StandardError)) Assert.Equal(expected.StandardError, After("NLL", 3), 2e-4);
        Assert.EndsWith(FormattableString.Invariant($"{expected.Tokens:N0} tokens"), line);
    }
}
