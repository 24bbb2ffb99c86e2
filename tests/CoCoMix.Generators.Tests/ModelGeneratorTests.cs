using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Rules;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using static Microsoft.CodeAnalysis.IncrementalStepRunReason;

namespace CoCoMix.Generators.Tests;

public class ModelGeneratorTests
{
    private const string Header = "using CoCoMix;\nnamespace N;\n";

    private static readonly Sources Sound = new();

    [Fact]
    public void Every_sound_declaration_gets_one_file_and_all_compile()
    {
        var generated = Compilations.Of(Sound.ToString()).Generate();
        Assert.Empty(generated.Errors());
        Assert.Equal(
            ["N.Block.g.cs", "N.Head.g.cs", "N.Sae.g.cs", "N.Student.g.cs", "N.Teacher.g.cs"],
            generated.SyntaxTrees.Skip(1).Select(tree => Path.GetFileName(tree.FilePath)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Names_that_are_keywords_and_the_global_namespace_are_kept()
    {
        var escaped = Compilations.Of(Sound.ToString().Replace("namespace N", "namespace @event.N").Replace("class Sae", "class @class").Replace("Sae>", "@class>"));
        Assert.Empty(escaped.Generate().Errors());
        Assert.Contains(escaped.Generate().SyntaxTrees, tree => tree.FilePath.EndsWith("event.N.class.g.cs", StringComparison.Ordinal));

        var global = Compilations.Of(Sound.ToString().Replace("namespace N;", "")).Generate();
        Assert.Empty(global.Errors());
        Assert.Contains(global.SyntaxTrees, tree => Path.GetFileName(tree.FilePath) == "Student.g.cs");
    }

    [Theory, InlineData("Acme.CoCoMix"), InlineData("Acme.TorchSharp.System")]
    public void A_namespace_may_end_like_one_of_ours(string name) =>
        Assert.Empty(Compilations.Of(Sound.ToString().Replace("namespace N;", $"namespace {name};")).Generate().Errors());

    [Fact]
    public void A_public_model_may_be_built_of_internal_parts()
    {
        var source = Sound.ToString().Replace("public sealed partial class Block", "sealed partial class Block").Replace("public sealed partial class Head", "internal sealed partial class Head");
        Assert.Empty(Compilations.Of(source).Generate().Errors());
    }

    [Fact]
    public void A_constructor_may_call_the_generated_one()
    {
        var student = Sound.Student.Replace("LanguageModel;", "LanguageModel { public Student(string purpose) : this() => Purpose = purpose; public string Purpose { get; } = \"\"; }");
        var generated = Compilations.Of((Sound with { Student = student }).ToString()).Generate();
        Assert.Empty(generated.Errors());
        Assert.Empty(Check.Violations(SpecReader.Read(generated.Class("Student"))));
    }

    [Fact]
    public void An_attribute_repeated_on_another_part_is_the_compilers_error_and_one_file()
    {
        var student = Sound.Student + "\n[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\npartial class Student;";
        var generated = Compilations.Of((Sound with { Student = student }).ToString()).Generate();
        Assert.Equal("CS0579", Assert.Single(generated.Errors()).Id);
    }

    [Fact]
    public void Names_that_differ_in_case_only_get_a_file_each()
    {
        var generated = Compilations.Of(
            Sound + Sound.Sae.Replace("class Sae", "class SAE") + Sound.Sae.Replace("class Sae", "class sae"),
            Header.Replace("N;", "n;") + Sound.Sae).Generate();
        Assert.Empty(generated.Errors());
        Assert.Equal(2 + 8, generated.SyntaxTrees.Count());
    }

    public static TheoryData<string> Cases => [.. RuleCases.All.Select(rule => $"{rule}")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Sound_or_broken_what_is_written_compiles(string name)
    {
        Assert.Empty(Compilations.Of(RuleCases.Unmarked(RuleCases.All.Single(rule => $"{rule}" == name))).Generate().Errors());
    }

    [Fact]
    public void A_model_may_be_built_of_another_assembly()
    {
        var package = Compilations.Of(Header + Sound.Block + Sound.Sae + Sound.Head + Sound.Teacher).WithAssemblyName("Package").Generate().Emit();
        var user = Compilations.Of("using N;\n" + Header.Replace("N;", "M;") + Sound.Student).AddReferences(package);
        var here = Compilations.Of(Sound.ToString());
        Assert.Empty(user.Generate().Errors());
        Assert.Equal(
            ((ModelSpec)SpecReader.Read(here.Class("Student")).Spec) with { Type = new("M", "Student") },
            SpecReader.Read(user.GetTypeByMetadataName("M.Student")!).Spec);
    }

    [Fact]
    public void A_comment_changes_no_spec_and_writes_nothing() => Steps(
        before: [Sound.ToString()],
        after: [Sound.ToString().Replace("[Blocks", "// Two heads.\n[Blocks")],
        expected: new() { ["CausalSelfAttention"] = [Cached], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Cached, Cached] });

    [Fact]
    public void Another_file_changes_no_spec_and_writes_nothing() => Steps(
        before: [Sound.ToString(), "class Unrelated;"],
        after: [Sound.ToString(), "class Unrelated { void Edited() { } }", "class Added;"],
        expected: new() { ["CausalSelfAttention"] = [Cached], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Cached, Cached] });

    [Fact]
    public void An_edit_inside_a_method_reads_only_what_its_file_has_a_part_in()
    {
        var other = Sources.WithCode.Usings + "\nnamespace N;\n" + Sources.WithCode.Block.Replace("class Block", "class OtherBlock");
        var first = Compilations.Of($"{Sources.WithCode}", other, "class Unrelated { int Answer() => 42; }");

        Assert.Equal([true, true, true], IsTakenOver(2, "42", "43"));
        Assert.Equal([true, true, false], IsTakenOver(1, "softmax(-1)", "softmax(-2)"));
        Assert.Equal([false, false, true], IsTakenOver(0, "softmax(-1)", "softmax(-2)"));
        Assert.Equal([false, false, false], IsTakenOver(2, "int Answer", "long Answer"));
        Assert.Equal([false, false, false], IsTakenOver(2, "42", "43", options => options.WithOverflowChecks(true)));

        IEnumerable<bool> IsTakenOver(int file, string before, string after, Func<CSharpCompilationOptions, CSharpCompilationOptions>? with = null)
        {
            var read = Read(first.Clone());
            var tree = first.SyntaxTrees[file];
            var edited = first.ReplaceSyntaxTree(tree, Compilations.File(tree.ToString().Replace(before, after), tree.FilePath));
            return Read(edited.WithOptions((with ?? (options => options))(edited.Options))).Zip(read, ReferenceEquals);
        }

        List<Declaration> Read(Compilation compilation) => [.. new[] { "Student", "Block", "OtherBlock" }.Select(name => SpecReader.Read(compilation.Class(name)))];
    }

    [Theory]
    [InlineData("Two = 2", "Two = 4")]
    [InlineData("const int Two = 2", "const int Two = 2; const int One = 1")]
    public void An_edit_of_a_constant_elsewhere_reaches_the_models_that_are_made_of_it(string before, string after)
    {
        var code = Sources.WithCode with { Student = Sources.WithCode.Student.Replace("BeforeBlock = 1", "BeforeBlock = Sizes.Two") };
        var sizes = "namespace N { static class Sizes { public const int Two = 2; } }";
        Steps(
            before: [code.ToString(), sizes],
            after: [code.ToString(), sizes.Replace(before, after)],
            expected: new() { ["LanguageModel"] = [Cached, after.Contains('4') ? Modified : Cached] });
    }

    [Fact]
    public void An_edit_of_one_model_writes_that_model_only() => Steps(
        before: [Sound.ToString()],
        after: [Sound.ToString().Replace("BeforeBlock = 1", "BeforeBlock = 2")],
        expected: new() { ["CausalSelfAttention"] = [Cached], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Cached, Modified] });

    [Fact]
    public void An_edit_of_a_block_writes_it_and_the_models_that_use_it() => Steps(
        before: [Header + Sound.Block, Header + Sound.Sae + Sound.Head + Sound.Teacher + Sound.Student],
        after: [Header + Sound.Block.Replace("Expansion = 4", "Expansion = 2"), Header + Sound.Sae + Sound.Head + Sound.Teacher + Sound.Student],
        expected: new() { ["CausalSelfAttention"] = [Modified], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Modified, Modified] });

    [Fact]
    public void An_edit_of_a_broken_model_writes_nothing() => Steps(
        before: [Sound.ToString().Replace("BeforeBlock = 1", "BeforeBlock = 8")],
        after: [Sound.ToString().Replace("BeforeBlock = 1", "BeforeBlock = 9")],
        expected: new() { ["CausalSelfAttention"] = [Cached], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Cached, Unchanged] });

    [Theory]
    [InlineData("public override Tensor forward", "// What runs.\n    private static int Unrelated() => 1;\n\n    public override Tensor forward")]
    [InlineData("return x", "// Over heads.\n\n        return x")]
    [InlineData("-1, each", "-1,\n            each")]
    public void An_edit_around_code_changes_no_spec_and_writes_nothing(string before, string after) => Steps(
        before: [Sources.WithCode.ToString()],
        after: [Sources.WithCode.ToString().Replace(before, after)],
        expected: new() { ["Dims"] = [Cached], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Cached, Cached] });

    [Theory]
    [InlineData("x + heads", "x - heads")]
    [InlineData("softmax(-1)", "softmax(-2)")]
    [InlineData("[Linear(\"D -> D\")]", "[Linear(\"D -> D\", Bias = false)]")]
    public void An_edit_of_code_writes_its_class_and_the_models_that_use_it(string before, string after) => Steps(
        before: [Sources.WithCode.ToString()],
        after: [Sources.WithCode.ToString().Replace(before, after)],
        expected: new() { ["Dims"] = [Modified], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Modified, Modified] });

    [Fact]
    public void An_edit_of_a_dimension_writes_that_model_only() => Steps(
        before: [Sources.WithCode.ToString()],
        after: [(Sources.WithCode with { Student = Sources.WithCode.Student.Replace("H = 2", "H = 4") }).ToString()],
        expected: new() { ["Dims"] = [Cached], ["SparseAutoencoder"] = [Cached], ["ConceptHead"] = [Cached], ["LanguageModel"] = [Cached, Modified] });

    [Theory, InlineData(false), InlineData(true)]
    public void A_module_of_TorchSharp_has_a_constructor_broken_or_not(bool broken)
    {
        var block = Sources.WithCode.Block.Replace("TransformerBlock", "nn.Module<Tensor, Tensor>").Replace("softmax(-1)", broken ? "softmax(9)" : "softmax(-1)");
        var generated = Compilations.Of($"{Sources.WithCode with { Block = block }}").Generate();
        Assert.Empty(generated.Errors());
        Assert.DoesNotContain(generated.GetDiagnostics(), diagnostic =>
            diagnostic.Severity == DiagnosticSeverity.Warning && diagnostic.Location.SourceTree is { } tree && ModelGenerator.Wrote(tree));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("x.clone()")]
    [InlineData("x + x")]
    [InlineData("x * 0.5")]
    [InlineData("x + gain")]
    public void A_block_may_keep_nothing_for_the_way_back(string result)
    {
        var block = $$"""
            [Dims("D")]
            public sealed partial class Block : TransformerBlock
            {
                [Parameter("D")] private readonly Parameter gain;
                public override Tensor forward(Tensor x) => {{result}};
            }
            """;
        Assert.Empty(Compilations.Of($"{Sources.WithCode with { Block = block }}".Replace(", Dims = \"H = 2\"", "")).Generate().Errors());
    }

    [Fact]
    public void Variables_and_parameters_may_have_any_name()
    {
        var block = """
            [Dims("D")]
            public sealed partial class Block : TransformerBlock
            {
                [Linear("D -> D")] private readonly Linear w;
                [Linear("D -> D")] private readonly Linear @out;
                [Parameter("D")] private readonly Parameter @in;
                public override Tensor forward(Tensor w)
                {
                    var @float = w.gt(0).@float();
                    var @out = this.@out.call(this.w.call(w * @float)) + @in;
                    var (ids, saved, equals, getType) = (@out.exp(), @out.tanh(), w == 0, w.sin());
                    var next = ids * saved * equals.to_type(w.dtype) * getType;
                    return next + w;
                }
            }
            """;
        Assert.Empty(Compilations.Of($"{Sources.WithCode with { Block = block }}".Replace(", Dims = \"H = 2\"", "")).Generate().Errors());
    }

    [Theory]
    [InlineData(null, true, true)]
    [InlineData("CutRows", false, true)]
    [InlineData("overwriting, cutRows", false, false)]
    public void A_property_of_the_project_switches_passes_off(string? off, bool cuts, bool overwrites)
    {
        var wide = $"{Sources.WithCode with { Student = Sources.WithCode.Student.Replace("100", "5_000"), Teacher = Sources.WithCode.Teacher.Replace("100", "5_000") }}";
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new ModelGenerator().AsSourceGenerator()], optionsProvider: new Project(off));
        var text = string.Concat(driver.RunGenerators(Compilations.Of(wide)).GetRunResult().GeneratedTrees.Select(tree => tree.ToString()));
        Assert.Equal((cuts, overwrites), (text.Contains("new RowChunks("), text.Contains("Kernels.CrossEntropyBackwardOver(")));
    }

    [Fact]
    public void The_build_knows_the_names_of_the_passes()
    {
        var names = string.Join("|", Enum.GetValues<Pass>().Where(pass => pass is not Pass.None and not Pass.All));
        Assert.Contains($"({names})", File.ReadAllText(Path.Combine(MessageTests.Repository(new(AppContext.BaseDirectory)), "src", "CoCoMix", "buildTransitive", "CoCoMix.targets")));
    }

    private sealed class Project(string? passesOff) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Properties(passesOff);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => GlobalOptions;

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) => GlobalOptions;

        private sealed class Properties(string? passesOff) : AnalyzerConfigOptions
        {
            public override bool TryGetValue(string key, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value)
            {
                value = key == "build_property.CoCoMixPassesOff" ? passesOff : null;
                return value is not null;
            }
        }
    }

    /// <summary>Edits a project and compares why each tracked step, in order of declaration, had its output; files are written only for what changed.</summary>
    private static void Steps(string[] before, string[] after, Dictionary<string, IncrementalStepRunReason[]> expected)
    {
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new ModelGenerator().AsSourceGenerator()], driverOptions: new(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        var first = Compilations.Of(before);
        var second = first.RemoveAllSyntaxTrees().AddSyntaxTrees(after.Select((file, index) =>
            index < before.Length && before[index] == file ? first.SyntaxTrees[index] : Compilations.File(file, $"File{index}.cs")));
        var result = driver.RunGenerators(first).RunGenerators(second).GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        foreach (var (step, reasons) in expected)
        {
            Assert.Equal(reasons, result.TrackedSteps[step].SelectMany(run => run.Outputs).Select(output => output.Reason));
        }
        var written = result.TrackedOutputSteps.Values.SelectMany(runs => runs).SelectMany(run => run.Outputs).Select(output => output.Reason);
        Assert.Equal(expected.Values.Sum(reasons => reasons.Count(reason => reason == Modified)), written.Count(reason => reason != Cached));
    }
}
