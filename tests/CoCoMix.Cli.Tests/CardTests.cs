using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests;

public sealed class CardTests
{
    private static readonly string Here = typeof(CardTests).Assembly.Location;

    /// <summary>Width D, hidden width 4 D and biases: two norms, queries, keys and values, their projection, up and down.</summary>
    private static long BlockParameters(long d) => 2 * d + (3 * d * d + 3 * d) + (d * d + d) + 2 * d + (4 * d * d + 4 * d) + (4 * d * d + d);

    [Fact]
    public void A_model_is_counted_as_by_hand()
    {
        const long v = 50_257, context = 1_024, d = 512, concepts = 32_768, active = 32;
        var head = d + (concepts * d + concepts) + (concepts * d + d);
        var stored = v * d + context * d + 8 * BlockParameters(d) + head + 2 * d;
        var lines = Lines(Card("CoCoMix69M"));

        Assert.Equal($"{stored:N0}", lines["Parameters"]);
        Assert.Equal($"{stored - (concepts - active) * d:N0}", lines["Active parameters"]);
        Assert.Equal("1,024", lines["Context"]);
        Assert.Equal("512", lines["Width"]);
        Assert.Equal("8", lines["Blocks"]);
        Assert.Equal("32,768", lines["Concepts"]);
        Assert.Equal("4", lines["Concept labels a position"]);
    }

    /// <summary>A plain model's matrix products: two FLOPs a weight but for looked-up positions, and attention's two products of [T, T], halved.</summary>
    [Theory, InlineData(1_024), InlineData(100)]
    public void FLOPs_are_those_of_the_matrix_products(int tokens)
    {
        const double v = 50_257, d = 768;
        var products = 12 * (2 * 12 * d * d + 2 * d * tokens) + 2 * v * d;
        var lines = Lines(Card("Gpt2", "--tokens", $"{tokens}"));

        // Norms, activations and the loss add half a percent.
        Assert.InRange(Number(lines["Forward"]) * 1e9, 0.995 * products, 1.01 * products);
        Assert.InRange(Number(lines["Backward"]) * 1e9, 0.995 * 2 * products, 1.01 * 2 * products);
    }

    [Fact]
    public void A_steps_memory_is_four_numbers_a_parameter_and_the_activations_of_the_batch()
    {
        const double parameters = 85_064_192;
        var lines = Lines(Card("CoCoMix69M", "--batch", "4", "--tokens", "512", "--budget", "16GB"));
        var activations = Number(lines["Activations"]) * 1e6 * 4 * 512;

        Assert.Equal(4 * parameters / 1e9, Number(lines["Weights"]), 0.001);
        Assert.Equal(4 * parameters / 1e9, Number(lines["Gradients"]), 0.001);
        Assert.Equal(8 * parameters / 1e9, Number(lines["Moments"]), 0.001);
        Assert.Equal(activations / 1e9, Number(lines["Activations of the batch"]), 0.01 * activations / 1e9);
        Assert.Equal((16 * parameters + activations) / 1e9, Number(lines["Together"]), 0.02);
        var largest = Number(lines["Largest batch in 16GB"]);
        Assert.InRange(16 * parameters + activations / 4 * largest, 0, 1.01 * 16e9);
        Assert.InRange(16 * parameters + activations / 4 * (largest + 1), 0.99 * 16e9, double.PositiveInfinity);
    }

    [Fact]
    public void In_half_precision_activations_halve_and_weights_are_copied()
    {
        var (full, half) = (Lines(Card("Gpt2", "--batch", "8")), Lines(Card("Gpt2", "--batch", "8", "--precision", "bfloat16")));

        Assert.Equal(Number(full["Activations of the batch"]) / 2, Number(half["Activations of the batch"]), 0.01);
        Assert.Equal(Number(full["Weights"]) / 2, Number(half["Weights in bfloat16"]), 0.001);
        Assert.Equal(full["Moments"], half["Moments"]);
    }

    [Fact]
    public void A_budget_that_nothing_fits_says_what_one_sequence_takes()
    {
        Assert.StartsWith("none: one sequence takes 0.0", Lines(Card("TinyTeacher", "--budget", "1MB"))["Largest batch in 1MB"]);
        AssertRefused(Card("Gpt2", "--budget", "16"), "--budget is '16': it must be a number above 0 and a unit, as in 16GB, 24GiB or 500MB.");
    }

    [Fact]
    public void All_models_are_compared_against_a_budget()
    {
        var rows = Card("--batch", "2", "--budget", "24GiB").Output.Split('\n').Where(line => line.StartsWith('│')).Select(Cells).ToDictionary(cells => cells[0]);
        var one = Lines(Card("Gpt2", "--batch", "2", "--budget", "24GiB"));

        Assert.Equal(["Model", "Tokens", "Batch", "Weights", "Gradients", "Moments", "Activations", "Total", "Batch in 24GiB"], rows["Model"]);
        Assert.Equal(
            ["Gpt2", "1,024", "2", .. ((string[])["Weights", "Gradients", "Moments", "Activations of the batch", "Together"]).Select(what => one[what].Split(' ')[0]), one["Largest batch in 24GiB"]],
            rows["Gpt2"]);
    }

    [Fact]
    public void Without_a_model_there_is_a_table_of_all()
    {
        var rows = Card().Output.Split('\n').Where(line => line.StartsWith('│')).Select(Cells).ToDictionary(cells => cells[0]);

        Assert.Equal(
            [
                "Model", "ActivationLabels69M", "Added69M", "CoCoMix1380M", "CoCoMix386M", "CoCoMix69M", "Distilled1380M", "Distilled386M", "Distilled69M", "Gpt2", "LossOnly69M",
                "MixingOnly69M", "NextToken1380M", "NextToken386M", "NextToken69M", "PaperLabels69M", "Pause69M", "PauseDistilled69M", "Regressed69M", "TinyCoCoMix", "TinyNextToken", "TinyTeacher",
            ],
            rows.Keys.OrderBy(name => name != "Model").ThenBy(name => name, StringComparer.Ordinal));
        Assert.Equal(["CoCoMix69M", "85.1M", "68.3M", "512", "8", "1,024", "32,768", "1,024"], rows["CoCoMix69M"][..8]);
        Assert.Equal(["TinyTeacher", "1.4M", "1.4M", "160", "4", "128", "0", "128"], rows["TinyTeacher"][..8]);
        Assert.Equal(Lines(Card("CoCoMix69M"))["Forward"], rows["CoCoMix69M"][8] + " GFLOPs");
    }

    [Fact]
    public void A_length_beyond_a_models_context_has_no_cost()
    {
        var rows = Card("--tokens", "129").Output.Split('\n').Where(line => line.StartsWith('│')).Select(Cells).ToDictionary(cells => cells[0]);

        Assert.Equal(["beyond context", "", "", ""], rows["TinyTeacher"][7..]);
        Assert.Equal("129", rows["Gpt2"][7]);
        AssertRefused(Card("TinyTeacher", "--tokens", "129"), "--tokens is 129: TinyTeacher reads at most 128 tokens.");
    }

    [Theory, InlineData("0"), InlineData("-5")]
    public void A_length_is_at_least_one(string tokens) => AssertRefused(Card("--tokens", tokens), $"--tokens is {tokens}: it must be 1 or more.");

    [Theory]
    [InlineData("CoCoMix96M", "CoCoMix69M")]
    [InlineData("gpt2", "Gpt2")]
    [InlineData("TinyTeach", "TinyTeacher")]
    public void An_unknown_model_is_one_sentence_with_the_nearest(string name, string nearest) =>
        AssertRefused(Card(name), $"There is no model '{name}': the nearest name is '{nearest}'.");

    /// <summary>GPT-2's way forth, the way back through its head and the six blocks above the tapped one, which is two of three products less, and the SAE.</summary>
    [Fact]
    public void Labels_cost_the_teacher_and_its_SAE()
    {
        var (teacher, student) = (Lines(Card("Gpt2")), Lines(Card("CoCoMix69M")));
        const double head = 2 * 768 * 50_257.0 / 1e9, encoder = 2 * 768 * 32_768.0 / 1e9;
        var forward = Number(teacher["Forward"]);
        Assert.InRange(Number(student["Teacher"]), 0.98 * (forward + head + (forward - head) / 2 + encoder), 1.03 * (forward + head + (forward - head) / 2 + encoder));
        Assert.DoesNotContain("Teacher", teacher.Keys);
    }

    [Fact]
    public void Models_of_CoCoMix_are_found_beside_another_assemblys() =>
        Assert.Equal("768", Lines(Card("Gpt2", "--assembly", Here))["Width"]);

    [Fact]
    public void Another_assemblys_models_are_read_from_its_file()
    {
        var rows = Card("--assembly", Here).Output.Split('\n').Where(line => line.StartsWith('│')).Skip(1).Select(line => Cells(line)[0]);

        Assert.Equal(["CoCoMix.Cli.Tests.One.Model", "CoCoMix.Cli.Tests.Two.Model", "Teacher", "Student", "Alone", "GoldenGpt2"], rows);
        var block = 2 * 6 + 4 * 6 * 6 + 2 * 6 + 2 * 3 * 6 * 6;
        Assert.Equal($"{11 * 6 + 7 * 6 + 2 * block + 2 * 6}", Lines(Card("CoCoMix.Cli.Tests.One.Model", "--assembly", Here))["Parameters"]);
        AssertRefused(Card("Model", "--assembly", Here), "There is no model 'Model': the nearest name is 'CoCoMix.Cli.Tests.One.Model'.");
    }

    [Fact]
    public void An_assembly_that_is_missing_is_one_sentence() =>
        AssertRefused(Card("--assembly", "missing/My.dll"), "There is no assembly 'missing/My.dll': give the path of a built .dll.");

    [Fact]
    public void A_file_that_is_no_assembly_is_one_sentence()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["My.dll"], "not an assembly");

        AssertRefused(Card("--assembly", folder["My.dll"]), $"'{folder["My.dll"]}' is not a .NET assembly that this tool can load: give the path of a built .dll.");
    }

    [Fact]
    public void An_assembly_without_models_is_one_sentence()
    {
        var runtime = typeof(LanguageModel).Assembly.Location;

        AssertRefused(Card("--assembly", runtime),
            $"'{runtime}' declares no language model: give an assembly with a class that has [LanguageModel] and was built with CoCoMix.");
    }

    private static Ended Card(params string[] arguments) => Cocomix.Run(["card", .. arguments]);

    private static void AssertRefused(Ended ended, string sentence) => Assert.Equal(new Ended(1, "", sentence + Environment.NewLine), ended);

    private static string[] Cells(string row) => [.. row.Trim('│', '\r').Split('│').Select(cell => cell.Trim())];

    /// <summary>The lines of one model's card: what, then two spaces or more, then the value.</summary>
    private static Dictionary<string, string> Lines(Ended ended)
    {
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        return ended.Output.Split('\n').Select(line => line.Trim().Split("  ", 2)).Where(parts => parts.Length == 2)
            .ToDictionary(parts => parts[0], parts => parts[1].Trim());
    }

    private static double Number(string value) => double.Parse(value.Split(' ')[0]);
}
