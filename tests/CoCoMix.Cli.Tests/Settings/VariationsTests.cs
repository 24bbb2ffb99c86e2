using System.CommandLine;
using CoCoMix.Cli.Settings;
using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests.Settings;

public sealed class VariationsTests : IDisposable
{
    private static readonly IReadOnlyList<Setting> Varied = Setting.Of(typeof(ExamplesSettings)).Single(setting => setting.Varied is not null).Varied!;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Files_set_and_arguments_say_the_same()
    {
        var nested = Read("--config", Write("examples:\n  fast: { model: M, optimizer: { learning_rate: 0.5 }, sizes: [3] }\n  plain:\n    model: Plain\n"));
        var dotted = Read("--config", Write("examples:\n  fast:\n    model: M\n    optimizer.learning_rate: 0.5\n    sizes: [3]\n  plain: { model: Plain }\n"));
        var typed = Read("fast=M", "plain=Plain", "--set", "examples.fast.optimizer.learning_rate=0.5", "--set", "examples.fast.sizes=[3]");

        foreach (var settings in (ExamplesSettings[])[nested, dotted, typed])
        {
            var examples = settings.Examples.ByName.OrderBy(example => example.Name).ToList();
            Assert.Equal(["fast", "plain"], examples.Select(example => example.Name));
            var fast = Setting.Resolve<ExampleSettings>(Varied, examples[0].Given, settings.Common);
            Assert.Equal(("M", 0.5, 100), (fast.Model, fast.Optimizer.LearningRate, fast.Steps));
            Assert.Equal([3], fast.Sizes);
            Assert.Equal("Plain", Setting.Resolve<ExampleSettings>(Varied, examples[1].Given, settings.Common).Model);
        }
    }

    [Fact]
    public void What_they_leave_alone_is_the_sections()
    {
        var settings = Read("a=A", "b", "--common.steps", "7", "--common.optimizer.beta", "0.5", "--set", "examples.b.steps=8");

        var (a, b) = (Resolve(settings, 0), Resolve(settings, 1));

        Assert.Equal(("A", 7, 0.5), (a.Model, a.Steps, a.Optimizer.Beta));
        Assert.Equal(("b", 8, 0.5), (b.Model, b.Steps, b.Optimizer.Beta));
        // Sections are each one's own.
        Assert.NotSame(a.Optimizer, b.Optimizer);
        Assert.NotSame(settings.Common.Optimizer, a.Optimizer);
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        var settings = Read("--config", Write("examples:\n  one two: { model: 'a: b', files: [x, 'y z'], threads: null, fast: true }\n  three:\n  1e3: { kind: plain }\n"));

        var again = Read("--config", Write(SettingsYaml.Write(settings)));

        Assert.Equal(["one two", "three", "1e3"], again.Examples.ByName.Select(example => example.Name));
        Assert.Equal(SettingsYaml.Write(settings), SettingsYaml.Write(again));
        Assert.Equal(SettingsYaml.Write(Resolve(settings, 0)), SettingsYaml.Write(Resolve(again, 0)));
        Assert.Empty(again.Examples.ByName[1].Given);
    }

    [Theory]
    [InlineData("1: examples is a section of sections: it must hold names, each with its settings.", "examples: 3")]
    [InlineData("2: examples.a is a section: it must hold settings, written 'key: value'.", "examples:\n  a: 3")]
    [InlineData("3: in examples.a there is no setting 'stepz': the nearest is 'steps'.", "examples:\n  a:\n    stepz: 3")]
    [InlineData("2: in examples.a there is no setting 'seed': the nearest is 'steps'.", "examples:\n  a: { seed: 3 }")]
    [InlineData("2: in examples.a there is no setting 'optimizer.lr': the nearest is 'optimizer.beta'.", "examples:\n  a: { optimizer: { lr: 3 } }")]
    [InlineData("2: examples: 'a/b' cannot be a name: it must be of letters, digits, spaces, + - and _, with a letter or digit first.", "examples:\n  a/b: { steps: 3 }")]
    [InlineData("2: examples: 'a.b' cannot be a name: it must be of letters, digits, spaces, + - and _, with a letter or digit first.", "examples:\n  a.b: { steps: 3 }")]
    public void A_wrong_file_is_one_sentence_with_its_line(string sentence, string content)
    {
        var file = Write(content);
        Assert.Equal($"{file}:{sentence}", Assert.Throws<InvalidDataException>(() => Read("--config", file)).Message);
    }

    [Theory]
    [InlineData("EXAMPLES: '../x' cannot be a name: it must be of letters, digits, spaces, + - and _, with a letter or digit first.", "../x=A")]
    [InlineData("--set: there is no setting 'common.seed': the nearest is 'common.steps'.", "--set", "common.seed=3")]
    [InlineData("--set examples: it holds names, each with settings of its own: write --set examples.NAME.key=value.", "--set", "examples=3")]
    public void A_wrong_argument_is_one_sentence(string sentence, params string[] arguments) =>
        Assert.Equal(sentence, Assert.Throws<InvalidDataException>(() => Read(arguments)).Message);

    [Fact]
    public void A_wrong_value_says_where_it_stands()
    {
        var file = Write("examples:\n  a:\n    steps: many\n");
        var settings = Read("--config", file);

        Assert.Equal($"{file}:3: examples.a.steps is 'many': it must be an integer from -2^31 to 2^31 - 1.", Assert.Throws<InvalidDataException>(() => Resolve(settings, 0)).Message);
    }

    private static ExampleSettings Resolve(ExamplesSettings settings, int index) => Setting.Resolve<ExampleSettings>(Varied, settings.Examples.ByName[index].Given, settings.Common);

    private string Write(string content)
    {
        var path = _folder["run.yaml"];
        File.WriteAllText(path, content);
        return path;
    }

    private static ExamplesSettings Read(params string[] arguments)
    {
        ExamplesSettings? read = null;
        var command = new SettingsCommand<ExamplesSettings>("examples", "", (settings, _) =>
        {
            read = settings;
            return 0;
        });
        var parsed = command.Parse(arguments);
        Assert.Empty(parsed.Errors);
        parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false }).GetAwaiter().GetResult();
        return read!;
    }
}
