using CoCoMix.Generators.Tests;

namespace CoCoMix.CodeFixes.Tests;

public class ChangeArgumentTests
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
        await new CodeFixTest<ChangeArgument>([Sound.ToString().Replace(sound, broken)], [Sound.ToString().Replace(sound, mended)]).RunAsync();

    [Theory]
    [InlineData("Heads = 15", "Heads = 16")]
    [InlineData("HeadDim = 14", "HeadDim = 12")]
    public async Task Heads_take_the_nearest_value_that_divides_in_the_blocks_own_file(string broken, string mended)
    {
        const string Model = "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\n[Blocks<Block>(3)]\npartial class Model : LanguageModel;";
        await new CodeFixTest<ChangeArgument>(
            [Header + Model.Replace("<Block>", "<{|CCM2001:Block|}>"), Header + Sound.Block.Replace("HeadDim = 16", broken)],
            [Header + Model, Header + Sound.Block.Replace("HeadDim = 16", mended)]).RunAsync();
    }

    [Fact]
    public async Task The_head_takes_the_autoencoders_concepts() => await new CodeFixTest<ChangeArgument>(
        [Header + Sound.Block + Sound.Head.Replace("64", "32"), Header + Sound.Sae + Sound.Teacher + Sound.Student.Replace("<Head>", "<{|CCM3003:Head|}>")],
        [Header + Sound.Block + Sound.Head, Header + Sound.Sae + Sound.Teacher + Sound.Student]).RunAsync();

    [Fact]
    public async Task All_are_fixed_at_once() => await new CodeFixTest<ChangeArgument>(
        [Sound.ToString().Replace("BeforeBlock = 1", "BeforeBlock = {|CCM3001:7|}").Replace("AfterBlock = 2, Count = 4", "AfterBlock = {|CCM3005:7|}, Count = {|CCM3006:10|}")],
        [Sound.ToString().Replace("BeforeBlock = 1", "BeforeBlock = 2").Replace("AfterBlock = 2, Count = 4", "AfterBlock = 3, Count = 8")])
    {
        NumberOfIncrementalIterations = 3,
    }.RunAsync();

    [Fact]
    public async Task An_argument_that_is_left_out_has_no_fix()
    {
        var broken = (Sound with
        {
            Sae = Sound.Sae.Replace("Active = 8", "Active = 3"),
            Student = Sound.Student.Replace("ConceptLabels", "{|CCM3006:ConceptLabels|}").Replace(", Count = 4", ""),
        }).ToString();
        await new CodeFixTest<ChangeArgument>([broken], [broken]).RunAsync();
    }
}
