using System.Globalization;
using System.Text.Json;
using CoCoMix.Models;
using CoCoMix.Tests;
using CoCoMix.Training;

namespace CoCoMix.Cli.Tests;

public sealed class EvalTaskTests : IClassFixture<TinyFiles>, IDisposable
{
    private readonly TinyFiles files;
    private readonly TemporaryFolder folder = new();

    public EvalTaskTests(TinyFiles files)
    {
        this.files = files;
        Write("piqa.jsonl", new { goal = "bo fé ka", sol1 = "ri no", sol2 = "tø", label = 0 }, new { goal = "mu", sol1 = "da", sol2 = "li sa po", label = 1 }, new { goal = "ga", sol1 = "ge", sol2 = "gi", label = 1 });
        Write("lambada.jsonl", new { text = "ka no ri bo" }, new { text = "di du" });
    }

    public void Dispose() => folder.Dispose();

    private void Write(string name, params object[] records) => File.WriteAllLines(folder[name], records.Select(record => JsonSerializer.Serialize(record)));

    private Ended Eval(params string[] more) => Cocomix.Run(["eval", "TinyCoCoMix", "--weights", files.Student, "--threads", "1", .. more]);

    private void AssertRefused(string sentence, params string[] more)
    {
        var ended = Eval(more);
        Assert.Equal((1, sentence + Environment.NewLine), (ended.ExitCode, ended.Error));
    }

    [Fact]
    public void Tasks_are_a_table_and_json()
    {
        using var student = new TinyCoCoMix();
        Checkpoint.Load(student, files.Student);
        TaskResult Expected(string task, string file, int limit) =>
            ZeroShotTask.All.Single(one => one.Name == task).Read(folder[file], files.Tokenizer, 128, limit).Evaluate(student, 8);
        TaskResult[] expected = [Expected("piqa", "piqa.jsonl", 2), Expected("lambada_openai", "lambada.jsonl", 2)];
        var ended = Eval("--task", $"piqa={folder["piqa.jsonl"]}", "--task", $"lambada_openai={folder["lambada.jsonl"]}", "--tokenizer", files.Folder, "--limit", "2", "--json", folder["eval.json"]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        foreach (var (name, metric) in expected.SelectMany(result => result.Metrics, (result, metric) => (result.Task, metric)))
        {
            var row = Assert.Single(ended.Output.Split('\n'), line => line.Split('│', StringSplitOptions.TrimEntries) is [_, var task, var measured, ..] && (task, measured) == (name, metric.Name));
            var cells = row.Split('│', StringSplitOptions.TrimEntries)[3..6];
            // Threads add in another order.
            Assert.Equal(metric.Value, double.Parse(cells[0], CultureInfo.InvariantCulture), 1e-5 * metric.Value + 1e-4);
            Assert.Equal(metric.StandardError, double.Parse(cells[1], CultureInfo.InvariantCulture), 1e-5 * metric.StandardError + 1e-4);
            Assert.Equal("2", cells[2]);
        }
        var json = JsonDocument.Parse(File.ReadAllText(folder["eval.json"])).RootElement;
        Assert.Equal("TinyCoCoMix", json.GetProperty("model").GetString());
        Assert.False(json.TryGetProperty("windowed", out _));
        var tasks = json.GetProperty("tasks").EnumerateArray().ToList();
        Assert.Equal(["piqa", "lambada_openai"], tasks.Select(task => task.GetProperty("task").GetString()));
        Assert.Equal(2, tasks[0].GetProperty("documents").GetInt32());
        Assert.Equal(expected[1].Metrics.Select(metric => metric.Name), tasks[1].GetProperty("metrics").EnumerateArray().Select(metric => metric.GetProperty("name").GetString()!));
        Assert.Equal(expected[1].Metrics[0].Value, tasks[1].GetProperty("metrics")[0].GetProperty("value").GetDouble(), 1e-3 * expected[1].Metrics[0].Value);
    }

    [Fact]
    public void Tokens_and_tasks_are_measured_together()
    {
        var ended = Eval("--tokens", files.Data, "--windows", "1", "--task", $"lambada_openai={folder["lambada.jsonl"]}", "--tokenizer", files.Folder, "--limit", "1", "--json", folder["eval.json"]);

        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        Assert.StartsWith("Windows of 128", ended.Output);
        Assert.Contains("lambada_openai", ended.Output);
        var json = JsonDocument.Parse(File.ReadAllText(folder["eval.json"])).RootElement;
        Assert.Equal(127, json.GetProperty("windowed").GetProperty("tokens").GetInt64());
        // Of one document, nothing is known of how documents differ.
        Assert.Equal("NaN", json.GetProperty("tasks")[0].GetProperty("metrics")[0].GetProperty("standard_error").GetString());
        Assert.DoesNotContain("NaN", ended.Output);
    }

    [Fact]
    public void What_cannot_be_is_one_sentence()
    {
        var (piqa, tokenizer) = ($"piqa={folder["piqa.jsonl"]}", files.Folder);
        AssertRefused("--tokens or --task is missing: give a token file, a task with its data set, or both.");
        AssertRefused("--task is 'piqa': it must be a task, = and its data set, as piqa=validation.jsonl.", "--task", "piqa");
        AssertRefused("--task: there is no task 'helaswag': the nearest name is 'hellaswag'.", "--task", "helaswag=a.jsonl");
        AssertRefused($"There is no file '{folder["no.jsonl"]}'.", "--task", piqa, "--task", $"piqa={folder["no.jsonl"]}", "--tokenizer", tokenizer);
        AssertRefused("--tokenizer is missing: GPT-2's tokenizer has 50257 tokens and TinyCoCoMix a vocabulary of 1024: give the tokenizer that it was trained with.", "--task", piqa);
        AssertRefused($"'{folder["lambada.jsonl"]}', line 1: there is no field 'goal'; there is 'text'.", "--task", $"piqa={folder["lambada.jsonl"]}", "--tokenizer", tokenizer);
        AssertRefused("--task runs the model eagerly, in float32: leave --precision out, or evaluate without --task.", "--task", piqa, "--precision", "bfloat16");
        AssertRefused("--stride is given without --tokens: it is how a token file is evaluated.", "--task", piqa, "--stride", "8");
        AssertRefused("--limit is given without --task: it is how a task is evaluated.", "--tokens", files.Data, "--limit", "8");
    }
}
