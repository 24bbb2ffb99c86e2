using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Generators.Tests;

/// <summary>Declarations of another assembly, compiled as in a package or in source as in an editor.</summary>
public class ReferencedDeclarationTests
{
    private const string Header = "using CoCoMix;\nusing N;\n";

    private static readonly Sources Sound = new();

    public static TheoryData<bool> CompiledOrSource => [true, false];

    [Theory]
    [MemberData(nameof(CompiledOrSource))]
    public async Task Sound_parts_make_a_sound_model(bool compiled) => Assert.Empty(await Diagnose(Sound, Sound.Student, compiled));

    [Theory]
    [MemberData(nameof(CompiledOrSource))]
    public async Task A_mismatch_is_reported_in_the_model_and_points_only_into_its_own_source(bool compiled)
    {
        var diagnostic = Assert.Single(await Diagnose(Sound, Sound.Student.Replace("Width = 48", "Width = 40"), compiled));
        Assert.Equal("CCM2001", diagnostic.Id);
        Assert.Equal("Block", Text(diagnostic.Location));
        Assert.Equal(["40"], diagnostic.AdditionalLocations.Select(Text));
        Assert.Empty(diagnostic.Properties);
    }

    [Theory]
    [MemberData(nameof(CompiledOrSource))]
    public async Task A_broken_part_is_reported_where_it_is_used(bool compiled)
    {
        var broken = Sound with { Block = Sound.Block.Replace("Expansion = 4", "Expansion = 0"), Teacher = Sound.Teacher.Replace("<Block>", "<Plain>") + """

            [PreNorm(Norm.LayerNorm)]
            [CausalSelfAttention(HeadDim = 16)]
            [FeedForward(Expansion = 4)]
            public sealed partial class Plain : TransformerBlock;
            """ };
        var diagnostic = Assert.Single(await Diagnose(broken, Sound.Student, compiled));
        Assert.Equal(("CCM3009", "Block"), (diagnostic.Id, Text(diagnostic.Location)));
        Assert.Equal("'Student' cannot be built from 'Block': Expansion of [FeedForward] on 'Block' is 0: it must be from 1 to 64", diagnostic.GetMessage());
    }

    [Theory]
    [MemberData(nameof(CompiledOrSource))]
    public async Task A_block_with_code_is_used_in_the_project_that_has_its_source(bool compiled)
    {
        var diagnostic = Assert.Single(await Diagnose(Sources.WithCode with { Teacher = Sound.Teacher.Replace("<Block>", "<Plain>") + """

            [PreNorm(Norm.LayerNorm)]
            [CausalSelfAttention(HeadDim = 16)]
            [FeedForward(Expansion = 4)]
            public sealed partial class Plain : TransformerBlock;
            """ }, Sources.WithCode.Student, compiled));
        Assert.Equal(("CCM3009", "Block"), (diagnostic.Id, Text(diagnostic.Location)));
        Assert.Equal("'Student' cannot be built from 'Block': its forward pass is not in the source of this project", diagnostic.GetMessage());
    }

    private static async Task<ImmutableArray<Diagnostic>> Diagnose(Sources package, string student, bool compiled)
    {
        var referenced = Compilations.Of((package with { Student = "" }).ToString()).WithAssemblyName("Package").Generate();
        var user = Compilations.Of(Header + student).AddReferences(compiled ? referenced.Emit() : referenced.ToMetadataReference()).Generate();
        Assert.Empty(user.Errors());
        return await user.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }

    private static string Text(Location location) => location.SourceTree!.GetText().ToString(location.SourceSpan);
}
