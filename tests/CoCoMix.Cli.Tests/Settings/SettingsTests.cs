using System.CommandLine;
using System.Text.Json;
using CoCoMix.Cli.Settings;
using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests.Settings;

public sealed class SettingsTests : IDisposable
{
    private static readonly JsonSerializerOptions Compared = new() { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Defaults_then_file_then_set_then_options()
    {
        var file = Write("steps: 10\nseed: 1\noptimizer:\n  learning_rate: 0.5\n  beta: 0.9\nfiles: [a, b]\n");

        var settings = Read("M", "--config", file, "--set", "seed=2", "--set", "optimizer.beta=null", "--optimizer.learning-rate", "0.25", "--seed", "3");

        Assert.Equal((10, 3ul, 0.25, null, "M", false), (settings.Steps, settings.Seed, settings.Optimizer.LearningRate, settings.Optimizer.Beta, settings.Model, settings.Fast));
        Assert.Equal(["a", "b"], settings.Files);
        Assert.Equal([1, 2], settings.Sizes);
    }

    [Fact]
    public void Every_notation_gives_the_same_record()
    {
        var expected = new ExampleSettings
        {
            Model = "M", Steps = 1_000, Seed = ulong.MaxValue, Fast = true, Kind = ExampleKind.Plain, Files = ["a b", "c"], Sizes = [], Precision = Precision.Bfloat16,
            Optimizer = new() { LearningRate = 1e-5, Beta = 0.5 },
        };
        var json = Write("""
            {
            	"model": "M", "steps": 1e3, "seed": 18446744073709551615, "fast": true, "kind": "plain", "files": ["a b", "c"], "sizes": [], "precision": "bfloat16",
            	"optimizer": { "learning_rate": 1E-5, "beta": 0.5 }
            }
            """);

        AssertSame(expected, Read("--config", json));
        AssertSame(expected, Read("M", "--steps", "1000", "--seed", "18446744073709551615", "--fast", "--kind", "PLAIN", "--files", "a b", "--files", "c",
            "--set", "sizes=[]", "--precision", "bfloat16", "--optimizer.learning-rate", "1e-5", "--optimizer.beta", ".5"));
        AssertSame(expected, Read("--config", Write(SettingsYaml.Write(expected))));
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var random = new Random(3);
        string[] texts = ["", "null", "~", "a: b", "#x", "'", "\"", "[a]", "- a", "true", "1e3", "é\n\t", "C:\\x", "plain/path-1.bin", " ", "*x", "&x", "!x", "%", "@", "`"];
        for (var i = 0; i < 200; i++)
        {
            var settings = new ExampleSettings
            {
                Model = random.GetItems(texts, 1)[0], Steps = random.Next(1, 1_000), Seed = (ulong)random.NextInt64(), Kind = (ExampleKind)random.Next(2), Files = random.GetItems(texts, random.Next(4)),
                Sizes = [.. Enumerable.Range(0, random.Next(3))], Threads = random.Next(2) == 0 ? null : 3,
                Optimizer = new() { LearningRate = random.Next(9) == 0 ? double.PositiveInfinity : Math.Exp(10 * random.NextDouble() - 9), Beta = random.Next(2) == 0 ? null : random.NextDouble() },
            };
            AssertSame(settings, Read("--config", Write(SettingsYaml.Write(settings))));
        }
    }

    [Fact]
    public void The_resolved_file_documents_every_key()
    {
        var yaml = SettingsYaml.Write(new ExampleSettings { Model = "M", Optimizer = new() { LearningRate = 0.01 } });

        Assert.Contains("# What to run. (text, required)\nmodel: M\n", yaml);
        Assert.Contains("optimizer:\n  # Peak rate. (number, default 0.001)\n  learning_rate: 0.01\n", yaml);
        Assert.Contains("# Sizes. (list of integer, default [1, 2])\nsizes: [1, 2]\n", yaml);
        Assert.Contains("# Which. (top_k|plain, default top_k)\nkind: top_k\n", yaml);
    }

    [Theory]
    [InlineData("--steps is 0: it must be 1 or more.", "M", "--steps", "0")]
    [InlineData("--steps is 'many': it must be an integer from -2^31 to 2^31 - 1.", "M", "--steps", "many")]
    [InlineData("--steps is '1.5': it must be an integer from -2^31 to 2^31 - 1.", "M", "--steps", "1.5")]
    [InlineData("--steps is '3e9': it must be an integer from -2^31 to 2^31 - 1.", "M", "--steps", "3e9")]
    [InlineData("--seed is '-1': it must be an integer from 0 to 2^64 - 1.", "M", "--seed", "-1")]
    [InlineData("--set optimizer.learning_rate is 0: it must be above 0.", "M", "--set", "optimizer.learning_rate=0")]
    [InlineData("--optimizer.beta is 1: it must be from 0 to below 1.", "M", "--optimizer.beta", "1")]
    [InlineData("--optimizer.beta is 'nan': it must be a number.", "M", "--optimizer.beta", "nan")]
    [InlineData("--kind is 'top': it must be top_k or plain.", "M", "--kind", "top")]
    [InlineData("--fast is 'maybe': it must be true or false.", "M", "--fast", "maybe")]
    [InlineData("--set steps has no value: it must be an integer from -2^31 to 2^31 - 1.", "M", "--set", "steps=null")]
    [InlineData("--set steps is a list: it must be an integer from -2^31 to 2^31 - 1.", "M", "--set", "steps=[1, 2]")]
    [InlineData("--set: there is no setting 'optimizer.learning-rate': the nearest is 'optimizer.learning_rate'.", "M", "--set", "optimizer.learning-rate=1")]
    [InlineData("--set is 'steps': it must be key=value.", "M", "--set", "steps")]
    [InlineData("--fast and --steps contradict each other.", "M", "--fast", "--steps", "1001")]
    [InlineData("MODEL is missing: What to run.")]
    public void A_wrong_value_is_one_sentence(string sentence, params string[] arguments) => AssertRefused(sentence, arguments);

    [Theory]
    [InlineData("1: there is no setting 'stepz': the nearest is 'steps'.", "stepz: 1")]
    [InlineData("3: there is no setting 'optimizer.learning-rate': the nearest is 'optimizer.learning_rate'.", "# a\noptimizer:\n  learning-rate: 1")]
    [InlineData("2: steps is 'x': it must be an integer from -2^31 to 2^31 - 1.", "seed: 1\nsteps: x")]
    [InlineData("1: steps has no value: it must be an integer from -2^31 to 2^31 - 1.", "steps:")]
    [InlineData("1: steps holds settings of its own: it must be a value or a list of values.", "steps: {a: 1}")]
    [InlineData("1: optimizer is a section: it must hold settings, written 'key: value'.", "optimizer: 3")]
    [InlineData("1: settings are written 'key: value', one a line.", "just text")]
    [InlineData("2: this is not YAML or JSON: Duplicate key steps.", "steps: 1\nsteps: 2")]
    [InlineData("1: there is no setting '': the nearest is 'seed'.", "[a]: 1")]
    [InlineData("1: there is no setting 'a': the nearest is 'fast'.", "a: &x {b: *x}")]
    public void A_wrong_file_is_one_sentence_with_its_line(string sentence, string content)
    {
        var file = Write(content);
        AssertRefused($"{file}:{sentence}", "M", "--config", file);
    }

    [Fact]
    public void A_missing_file_is_one_sentence() =>
        AssertRefused("There is no file 'missing.yaml': --config takes a YAML or JSON file of settings.", "M", "--config", "missing.yaml");

    [Fact]
    public void An_empty_file_leaves_the_defaults() => AssertSame(new() { Model = "M" }, Read("M", "--config", Write("# nothing\n")));

    [Theory]
    [InlineData("cocomix card has no option '--tokns': the nearest is '--tokens'.", "--tokns", "5")]
    [InlineData("cocomix card has no option '--tokns': the nearest is '--tokens'.", "Gpt2", "--tokns")]
    [InlineData("cocomix card does not take '5': options are written --name value; see cocomix card --help.", "Gpt2", "5")]
    [InlineData("Required argument missing for option: '--tokens'.", "Gpt2", "--tokens")]
    public void A_wrong_option_is_one_sentence(string sentence, params string[] arguments) =>
        Assert.Equal(new Ended(1, "", sentence + Environment.NewLine), Cocomix.Run(["card", .. arguments]));

    private string Write(string content)
    {
        var path = _folder["run.yaml"];
        File.WriteAllText(path, content);
        return path;
    }

    private static ExampleSettings Read(params string[] arguments)
    {
        ExampleSettings? read = null;
        var command = new SettingsCommand<ExampleSettings>("example", "", (settings, _) =>
        {
            read = settings;
            return 0;
        });
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false }).GetAwaiter().GetResult();
        return read!;
    }

    private static void AssertRefused(string sentence, params string[] arguments) => Assert.Equal(sentence, Assert.Throws<InvalidDataException>(() => Read(arguments)).Message);

    private static void AssertSame(ExampleSettings expected, ExampleSettings actual) =>
        Assert.Equal(JsonSerializer.Serialize(expected, Compared), JsonSerializer.Serialize(actual, Compared));
}
