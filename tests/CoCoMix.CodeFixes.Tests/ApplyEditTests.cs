using CoCoMix.Generators.Tests;
using Microsoft.CodeAnalysis.Testing;

namespace CoCoMix.CodeFixes.Tests;

public class ApplyEditTests
{
    private const string Header = "using CoCoMix;\nnamespace N;\n";

    private static readonly Sources Sound = new();

    [Theory]
    [InlineData("BeforeBlock = 1", "BeforeBlock = {|CCM3001:-1|}", "BeforeBlock = 0")]
    [InlineData("BeforeBlock = 1", "BeforeBlock = {|CCM3001:3|}", "BeforeBlock = 2")]
    [InlineData("Latents = 64, Active = 8", "Latents = 64, Active = {|CCM3002:100|}", "Latents = 64, Active = 64")]
    [InlineData("AfterBlock = 2", "AfterBlock = {|CCM3005:1_000 * 2|}", "AfterBlock = 3")]
    [InlineData("Count = 4", "Count = {|CCM3006:9|}", "Count = 8")]
    public async Task The_argument_takes_the_nearest_value_that_is_right(string sound, string broken, string mended) =>
        await new CodeFixTest([Sound.ToString().Replace(sound, broken)], [Sound.ToString().Replace(sound, mended)]).RunAsync();

    [Theory]
    [InlineData("Heads = 15", "Heads = 16")]
    [InlineData("HeadDim = 14", "HeadDim = 12")]
    public async Task Heads_take_the_nearest_value_that_divides_in_the_blocks_own_file(string broken, string mended)
    {
        const string Model = "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\n[Blocks<Block>(3)]\npartial class Model : LanguageModel;";
        await new CodeFixTest(
            [Header + Model.Replace("<Block>", "<{|CCM2001:Block|}>"), Header + Sound.Block.Replace("HeadDim = 16", broken)],
            [Header + Model, Header + Sound.Block.Replace("HeadDim = 16", mended)]).RunAsync();
    }

    [Fact]
    public async Task The_head_takes_the_autoencoders_concepts() => await new CodeFixTest(
        [Header + Sound.Block + Sound.Head.Replace("64", "32"), Header + Sound.Sae + Sound.Teacher + Sound.Student.Replace("<Head>", "<{|CCM3003:Head|}>")],
        [Header + Sound.Block + Sound.Head, Header + Sound.Sae + Sound.Teacher + Sound.Student]).RunAsync();

    [Fact]
    public async Task Heads_suit_every_model_of_the_block()
    {
        const string Models = "[LanguageModel(Vocabulary = 100, Context = 16, Width = 40)]\n[Blocks<Block>(3)]\npartial class One : LanguageModel;\n"
            + "[LanguageModel(Vocabulary = 100, Context = 16, Width = 64)]\n[Blocks<Block>(3)]\npartial class Two : LanguageModel;";
        await new CodeFixTest(
            [Header + Models.Replace("(3)]\npartial class One", "(3)]\npartial class One").Replace("<Block>(3)]\npartial class One", "<{|CCM2001:Block|}>(3)]\npartial class One"), Header + Sound.Block],
            [Header + Models, Header + Sound.Block.Replace("HeadDim = 16", "HeadDim = 8")]).RunAsync();
    }

    [Fact]
    public async Task An_argument_that_is_left_out_is_added()
    {
        var sources = Sound with { Sae = Sound.Sae.Replace("Active = 8", "Active = 3"), Student = Sound.Student.Replace(", Count = 4", "") };
        await new CodeFixTest([sources.ToString().Replace("ConceptLabels", "{|CCM3006:ConceptLabels|}")], [sources.ToString().Replace("AfterBlock = 2", "AfterBlock = 2, Count = 3")]).RunAsync();
    }

    [Theory]
    [InlineData("Vocabulary = 50_257", "Vocabulary = {|CCM5002:50_257|}", "Vocabulary = 50_304")]
    [InlineData("Vocabulary = 50_257", "Vocabulary = {|CCM5002:32_001|}", "Vocabulary = 32_064")]
    public async Task A_vocabulary_is_padded(string sound, string broken, string mended)
    {
        const string Model = "[LanguageModel(Vocabulary = 50_257, Context = 16, Width = 48)]\n[Blocks<Block>(3)]\npartial class Model : LanguageModel;";
        await new CodeFixTest([Header + Sound.Block + Model.Replace(sound, broken)], [Header + Sound.Block + Model.Replace(sound, mended)]).RunAsync();
    }

    [Fact]
    public async Task Partial_is_added_to_every_class_that_lacks_it_and_comments_stay()
    {
        var mended = new Sources { Head = "// The concepts.\n[ConceptHead(Concepts = 64, Active = 8)] // all of them\npartial class Head : ConceptHead // as in the paper\n{\n}" };
        var broken = $"{mended}".Replace("public sealed partial class Sae", "public sealed class {|CCM1001:Sae|}").Replace("partial class Head", "class {|CCM1001:Head|}")
            .Replace("public sealed partial class Student", "sealed partial class Student");
        await new CodeFixTest([broken], [$"{mended}".Replace("public sealed partial class Student", "sealed partial class Student")]) { NumberOfIncrementalIterations = 2 }.RunAsync();
    }

    [Theory]
    [InlineData("class Block : TransformerBlock", "class Block", "[{|CCM1002:PreNorm|}")]
    [InlineData("class Block : TransformerBlock, System.IDisposable", "class Block : System.IDisposable", "[{|CCM1002:PreNorm|}")]
    public async Task The_base_class_is_added(string mended, string broken, string marked)
    {
        var block = Header + Sound.Block.Replace("class Block : TransformerBlock", mended);
        await new CodeFixTest([block.Replace(mended, broken).Replace("[PreNorm", marked)], [block]) { CompilerDiagnostics = CompilerDiagnostics.None }.RunAsync();
    }

    [Fact]
    public async Task A_missing_part_is_added_in_front() => await new CodeFixTest(
        [$"{Sound}".Replace("[FeedForward(Expansion = 4)]\n", "").Replace("class Block", "class {|CCM1003:Block|}")],
        [$"{Sound with { Block = "[FeedForward(Expansion = 4)]\n" + Sound.Block.Replace("[FeedForward(Expansion = 4)]\n", "") }}"]).RunAsync();

    [Theory]
    [InlineData("[PreNorm(Norm.LayerNorm)]\n[{|CCM1011:PostNorm|}(Norm.RmsNorm)]", "[PreNorm(Norm.LayerNorm)]")]
    [InlineData("[PreNorm(Norm.LayerNorm), {|CCM1011:PostNorm|}(Norm.RmsNorm)]", "[PreNorm(Norm.LayerNorm)]")]
    [InlineData("[{|CCM1011:PostNorm|}(Norm.RmsNorm), PreNorm(Norm.LayerNorm)]", "[PreNorm(Norm.LayerNorm)]")]
    [InlineData("[PostNorm(Norm.LayerNorm)]\n[{|CCM1012:Parallel|}]", "[PostNorm(Norm.LayerNorm)]")]
    [InlineData("[PreNorm({|CCM1041:Norm.None|})]", "[PreNorm(Norm.LayerNorm)]")]
    public async Task An_attribute_goes_or_changes(string broken, string mended) => await new CodeFixTest(
        [$"{Sound}".Replace("[PreNorm(Norm.LayerNorm)]", broken)], [$"{Sound}".Replace("[PreNorm(Norm.LayerNorm)]", mended)]).RunAsync();

    [Theory]
    [InlineData("Active = 8, Sparsity = {|CCM1021:1e-3|}", "Active = 8")]
    [InlineData("Active = 8, Kind = SaeKind.BatchTopK, Prefixes = {|CCM1021:3|}", "Active = 8, Kind = SaeKind.BatchTopK")]
    public async Task An_argument_goes(string broken, string mended) => await new CodeFixTest(
        [$"{Sound}".Replace("Latents = 64, Active = 8", $"Latents = 64, {broken}")], [$"{Sound}".Replace("Latents = 64, Active = 8", $"Latents = 64, {mended}")]).RunAsync();

    [Theory]
    [InlineData("{|CCM4005:x.exp_()|}", "x.exp()")]
    [InlineData("{|CCM4005:x.tan()|}", "x.tanh()")]
    [InlineData("{|CCM4024:x.softmax(7)|}", "x.softmax(-1)")]
    [InlineData("{|CCM4022:x * x.mean(new long[] { -1 })|}", "x * x.mean(new long[] { -1 }).unsqueeze(-1)")]
    [InlineData("{|CCM4022:x * (x + x).transpose(1, 2)|}", "x * (x + x).transpose(1, 2).transpose(-2, -1)")]
    [InlineData("{|CCM4021:x.matmul(x * 2)|}.matmul(x)", "x.matmul((x * 2).transpose(-2, -1)).matmul(x)")]
    [InlineData("{|CCM4021:functional.linear(x, outer(x.mean(new long[] { 0, 1 }), x.mean(new long[] { 0, 1 }))[..each].t())|}.sum(new long[] { -1 }, keepdim: true)",
        "functional.linear(x, outer(x.mean(new long[] { 0, 1 }), x.mean(new long[] { 0, 1 }))[..each].t().t()).sum(new long[] { -1 }, keepdim: true)")]
    [InlineData("{|CCM4101:x.softmax(0)|}", "x.softmax(-1)")]
    [InlineData("{|CCM4102:x.softmax(-1).log()|}", "x.log_softmax(-1)")]
    [InlineData("{|CCM4102:log(functional.softmax(x, -1))|}", "functional.log_softmax(x, -1)")]
    [InlineData("{|CCM4103:x.matmul(x.mT).softmax(1)|}.matmul(x)", "x.matmul(x.mT).softmax(-1).matmul(x)")]
    public async Task An_expression_is_mended(string broken, string mended)
    {
        string Code(string value) => $"{Sources.WithCode}".Replace("using TorchSharp;", "using TorchSharp;\nusing static TorchSharp.torch.nn;").Replace("x + heads.softmax(-1).flatten(2)", $"x + inner.call(x) + {value}").Replace("var heads = inner.call(x).view(x.shape[0], x.shape[1], -1, each);", "");
        await new CodeFixTest([Code(broken)], [Code(mended)]).RunAsync();
    }

    [Fact]
    public async Task A_change_in_place_becomes_an_assignment()
    {
        string Code(string statement) => $"{Sources.WithCode}".Replace("var heads =", $"{statement};\n        var heads =");
        await new CodeFixTest([Code("{|CCM4005:x.relu_()|}")], [Code("x = x.relu()")]).RunAsync();
    }

    [Theory]
    [InlineData("[Linear(\"D -> D\")]", "[Linear(\"2*D -> D\")]", "return {|CCM4021:inner.call(cat(new[] { x, x }, -1))|};", "return inner.call(cat(new[] { x, x }, -1));")]
    [InlineData("[{|CCM4003:Linear|}(\"D -> D\")] private readonly LayerNorm inner", "[Linear(\"D -> D\")] private readonly Linear inner", "return x + inner.call(x);", "return x + inner.call(x);")]
    [InlineData("[Linear(\"D -> D\")] private readonly Linear inner;\n    [Linear(\"D -> D\")] private readonly Linear {|CCM4104:more|};", "[Linear(\"D -> D\")] private readonly Linear inner;", "return x + inner.call(x);", "return x + inner.call(x);")]
    public async Task A_layer_is_mended(string before, string after, string broken, string mended)
    {
        string Code(string field, string statement) => $"{Sources.WithCode}".Replace(before.Contains("inner") ? "[Linear(\"D -> D\")] private readonly Linear inner" + (before.EndsWith(';') ? ";" : "") : "[Linear(\"D -> D\")]", field)
            .Replace("return x + heads.softmax(-1).flatten(2);", statement).Replace("var heads = inner.call(x).view(x.shape[0], x.shape[1], -1, each);", "");
        await new CodeFixTest([Code(before, broken)], [Code(after, mended)]).RunAsync();
    }
}
