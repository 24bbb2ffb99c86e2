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

    /// <summary>A block with code, a part in it that makes its own layers, and mixing.</summary>
    private static readonly Sources WithCode = Sources.WithCode with
    {
        Block = Sources.WithCode.Block.Replace("[Size(", "[Module(\"D, 2*D\")] private readonly Part part;\n    [Size(").Replace("return x +", "return x + part.call(x) +") + """


            [Dims("D, F")]
            public sealed class Part : nn.Module<Tensor, Tensor>
            {
                [Linear("D -> F")] private readonly Linear up;
                [Linear("F -> D")] private readonly Linear down;
                public Part(long d, long f) : base("Part") => (up, down) = (nn.Linear(d, f), nn.Linear(f, d));
                public override Tensor forward(Tensor x) => down.call(up.call(x).relu().masked_fill(x.sum(-1, keepdim: true) < -1e30, float.NegativeInfinity));
            }

            [Dims("D")]
            public sealed partial class Mixes : nn.Module<Tensor, Tensor, Tensor>
            {
                [Parameter("D", Mean = 1)] private readonly Parameter gain;
                public override Tensor forward(Tensor h, Tensor c) => h + c * gain;
            }
            """,
        Student = Sources.WithCode.Student.Replace("<Head>", "<Head, Mixes>"),
    };

    [Theory]
    [MemberData(nameof(CompiledOrSource))]
    public async Task Classes_with_code_are_checked_and_composed_in_other_projects(bool compiled)
    {
        Assert.Empty(await Diagnose(WithCode, WithCode.Student, compiled));
        // What is generated for the model is what is generated where the source is.
        var here = Compilations.Of(WithCode.ToString()).Generate();
        Assert.Equal(Written(here, "N.Student"), Written(User(WithCode, WithCode.Student.Insert(0, "namespace N;\n"), compiled), "N.Student"));
    }

    [Theory]
    [MemberData(nameof(CompiledOrSource))]
    public async Task A_block_with_code_that_does_not_fit_is_reported_where_it_is_used(bool compiled)
    {
        var diagnostic = Assert.Single(await Diagnose(WithCode, WithCode.Student.Replace("H = 2", "H = 5"), compiled));
        Assert.Equal(("CCM4008", "Block"), (diagnostic.Id, Text(diagnostic.Location)));
        Assert.Equal("'Block' does not fit 'Student', where D = 48, H = 5: 'D/H' divides 48 by 5, which leaves a remainder", diagnostic.GetMessage());
        Assert.Empty(diagnostic.AdditionalLocations);
    }

    [Fact]
    public async Task Code_compiled_without_the_generator_is_not_known()
    {
        var referenced = Compilations.Of($"{Sources.WithCode.Usings}\nnamespace N;\n{Sources.WithCode.Block}").WithAssemblyName("Package");
        var user = Compilations.Of(Header + "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\n[Blocks<Block>(3, Dims = \"H = 2\")]\npublic sealed partial class Student : LanguageModel;")
            .AddReferences(referenced.ToMetadataReference());
        var diagnostic = Assert.Single(await user.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync());
        Assert.Equal("'Student' cannot be built from 'Block': its assembly does not carry its forward pass: compile it with this version of CoCoMix", diagnostic.GetMessage());
    }

    private static string Written(Compilation compilation, string name) =>
        compilation.SyntaxTrees.Single(tree => tree.FilePath.EndsWith($"{name}.g.cs", StringComparison.Ordinal)).ToString();

    private static async Task<ImmutableArray<Diagnostic>> Diagnose(Sources package, string student, bool compiled)
    {
        var user = User(package, student, compiled);
        return await user.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync();
    }

    private static Compilation User(Sources package, string student, bool compiled)
    {
        var referenced = Compilations.Of((package with { Student = "" }).ToString()).WithAssemblyName("Package").Generate();
        var user = Compilations.Of(Header + student).AddReferences(compiled ? referenced.Emit() : referenced.ToMetadataReference()).Generate();
        Assert.Empty(user.Errors());
        return user;
    }

    private static string Text(Location location) => location.SourceTree!.GetText().ToString(location.SourceSpan);
}
