using CoCoMix.Engine.Rules;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;

namespace CoCoMix.Generators.Tests;

public class RuleTests
{
    public static TheoryData<string> Names => [.. RuleCases.All.Select(rule => $"{rule}")];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Reports_exactly_what_is_wrong_where_it_was_typed(string name)
    {
        var (id, _, sources, message) = RuleCases.All.Single(rule => $"{rule}" == name);
        var source = sources.ToString();
        var test = new AnalyzerTest(source);
        // Layers that a case leaves unused are not what it is about.
        if (id != "CCM4104") test.DisabledDiagnostics.Add("CCM4104");
        if (message is not null)
        {
            var places = Enumerable.Range(0, 10).TakeWhile(place => source.Contains($"{{|#{place}:"));
            test.ExpectedDiagnostics.Add(places.Aggregate(
                new DiagnosticResult(id, Severity(id)).WithMessage(message), (expected, place) => expected.WithLocation(place)));
        }
        await test.RunAsync();
    }

    private static DiagnosticSeverity Severity(string id) =>
        new DeclarationAnalyzer().SupportedDiagnostics.Single(descriptor => descriptor.Id == id).DefaultSeverity;

    [Fact]
    public void Every_rule_is_tested_broken_and_kept()
    {
        Assert.Equal(Rule.All.Select(rule => rule.Id), RuleCases.All.Where(rule => rule.Message is not null).Select(rule => rule.Id).Distinct().Order());
        Assert.Equal(Rule.All.Select(rule => rule.Id), RuleCases.All.Where(rule => rule.Message is null).Select(rule => rule.Id).Distinct().Order());
    }

    [Fact]
    public async Task A_broken_part_is_reported_once_and_not_at_its_users()
    {
        var sources = new Sources();
        await new AnalyzerTest((sources with { Block = sources.Block.Replace("partial class Block", "class {|CCM1001:Block|}") }).ToString()).RunAsync();
    }

    [Fact]
    public async Task Classes_in_each_other_are_reported_each_with_the_way_back()
    {
        const string Source = """
            using CoCoMix;
            using static TorchSharp.torch;
            [Dims("D")] public sealed partial class One : nn.Module<Tensor, Tensor>
            {
                public One() : base("One") { }
                [Module("D")] private readonly Two {|#0:two|} = null!;
                public override Tensor forward(Tensor x) => two.call(x);
            }
            [Dims("D")] public sealed partial class Two : nn.Module<Tensor, Tensor>
            {
                public Two() : base("Two") { }
                [Module("D")] private readonly One {|#1:one|} = null!;
                public override Tensor forward(Tensor x) => one.call(x);
            }
            """;
        var test = new AnalyzerTest(Source);
        foreach (var (place, way) in new[] { (0, "One > Two > One"), (1, "Two > One > Two") })
            test.ExpectedDiagnostics.Add(new DiagnosticResult("CCM4011", DiagnosticSeverity.Error).WithLocation(place)
                .WithArguments(way.Split(" > ")[1].ToLowerInvariant(), way.Split(" > ")[0], way));
        await test.RunAsync();
    }

    [Fact]
    public async Task Sizes_are_compared_only_once_each_is_sound()
    {
        var sources = new Sources();
        await new AnalyzerTest((sources with { Student = sources.Student.Replace("Width = 48", "Width = {|CCM1004:-7|}") }).ToString()).RunAsync();
    }

    [Fact]
    public async Task Independent_mistakes_are_all_reported()
    {
        var sources = new Sources();
        await new AnalyzerTest((sources with
        {
            Student = sources.Student.Replace("BeforeBlock = 1", "BeforeBlock = {|CCM3001:8|}").Replace("AfterBlock = 2", "AfterBlock = {|CCM3005:8|}")
                .Replace("partial class Student", "class {|CCM1001:Student|}"),
        }).ToString()).RunAsync();
    }

    [Theory]
    [InlineData("[Blocks<{|CS0246:Missing|}>(3)]")]
    [InlineData("[Blocks<{|CS0311:string|}>(3)]")]
    [InlineData("[{|CS7036:Blocks<Block>|}]")]
    [InlineData("[Blocks<Block>({|CS0103:missing|})]")]
    [InlineData("[Blocks<Block>(3)] [{|CS0579:Blocks<Block>|}(2)]")]
    [InlineData("[Blocks<Block>(3)] [{|CS0579:Blocks<Other>|}(2)]")]
    [InlineData("[Blocks<Block>(3)] [{|CS0305:ConceptLabels|}]")]
    public async Task What_the_compiler_rejects_is_left_to_it(string blocks)
    {
        var sources = new Sources();
        await new AnalyzerTest((sources with
        {
            Block = sources.Block + "\n" + sources.Block.Replace("class Block", "class Other"),
            Student = sources.Student.Replace("[Blocks<Block>(3)]", blocks),
        }).ToString()).RunAsync();
    }

    [Theory]
    [InlineData("{|CCM3010:Teacher|}, Sae", "[MixConcepts<Head>]\n[ConceptLabels<{|CCM3010:Student|}, Sae>]")]
    [InlineData("{|CCM3010:Student|}, Sae", "")]
    public async Task Teachers_may_name_each_other_without_end(string taught, string teacher)
    {
        var sources = new Sources();
        await new AnalyzerTest((sources with
        {
            Student = sources.Student.Replace("Teacher, Sae", taught).Replace("Width = 48", "Width = 32").Replace("(3)", "(4)").Replace("Context = 16", "Context = 32"),
            Teacher = teacher + "\n" + sources.Teacher,
        }).ToString()).RunAsync();
    }

    [Theory]
    [InlineData("\"D, F\"", "[Linear({|CCM4002:\"D -> Q\"|})]", "x + inner.call(x)")]
    [InlineData("\"D, F\"", "[Linear(\"D -> F\")]", "{|CCM4022:x + inner.call(x)|}")]
    [InlineData("{|CCM4001:\"D, D\"|}", "[Linear(\"D -> D\")]", "x + inner.call(x)")]
    public async Task A_mistake_of_a_part_is_reported_there_alone(string dims, string field, string result) =>
        await new AnalyzerTest((Sources.WithCode with
        {
            Block = Sources.WithCode.Block.Replace("[Size", "[Module(\"D, H\")] private readonly Part part;\n    [Size") + $$"""


                [Dims({{dims}})]
                public sealed partial class Part : TransformerBlock
                {
                    {{field}} private readonly Linear inner;

                    public override Tensor forward(Tensor x) => {{result}};
                }
                """,
        }).ToString()).RunAsync();

    [Fact]
    public async Task A_pragma_suppresses_an_error_at_its_line() =>
        await new AnalyzerTest("#pragma warning disable CCM1004\n" + new Sources
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = 0, Active = 8)]
                public sealed partial class Sae : SparseAutoencoder;
                """,
        }).RunAsync();

    [Fact]
    public async Task Attributes_may_be_aliased_qualified_and_in_another_part()
    {
        var sources = new Sources();
        await new AnalyzerTest("using Many = CoCoMix.BlocksAttribute<N.Block>;\n" + (sources with
        {
            Student = """
                [Many({|CCM1004:0|})]
                partial class Student;
                [global::CoCoMix.LanguageModelAttribute(Width = 48, Vocabulary = 100, Context = {|CCM1004:0|})]
                public sealed partial class Student : LanguageModel;
                """,
        })).RunAsync();
    }
}
