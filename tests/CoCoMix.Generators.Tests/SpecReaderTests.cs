using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;

namespace CoCoMix.Generators.Tests;

public class SpecReaderTests
{
    private static readonly Sources Sound = new();

    [Fact]
    public void Reads_what_is_stated()
    {
        var block = new BlockSpec(new("N", "Block"), new(NormKind.LayerNorm, 1e-3), new(0, 16, false), new(2, ActivationKind.Silu, false, Gated: true));
        var sae = new SaeSpec(new("N", "Sae"), 32, 64, 8);
        var head = new ConceptHeadSpec(new("N", "Head"), 64, 7, 0.5);
        var teacher = new ModelSpec(new("N", "Teacher"), 100, 32, 32, block, 4, null, null);
        var student = new ModelSpec(new("N", "Student"), 100, 16, 48, block, 3,
            new(head, 1, MixingKind.Interleave), new(teacher, sae, 2, 5, SelectionKind.Activation),
            TiedHead: false, LogitSoftCap: 30, ZLoss: 1e-4, FinalNorm: new(NormKind.None, 1e-6));
        var compilation = Compilations.Of((Sound with
        {
            Block = """
                [PreNorm(Norm.LayerNorm, Epsilon = 1e-3)]
                [CausalSelfAttention(HeadDim = 16, Bias = false)]
                [FeedForward(Expansion = 2, Activation = Activation.Silu, Bias = false, Gated = true)]
                public sealed partial class Block : TransformerBlock;
                """,
            Head = Sound.Head.Replace("Active = 8", "Active = 7, LossWeight = 0.5"),
            Student = Sound.Student.Replace("BeforeBlock = 1", "BeforeBlock = 1, Mixing = Mixing.Interleave")
                .Replace("Count = 4", "Count = 5, Selection = Selection.Activation")
                .Replace("Width = 48", "Width = 48, TiedHead = false, LogitSoftCap = 30, ZLoss = 1e-4").Replace("(3)]", "(3)]\n[FinalNorm(Norm.None, Epsilon = 1e-6)]"),
        }).ToString());
        Assert.Equal(student, SpecReader.Read(compilation.Class("Student")).Spec);
    }

    /// <summary>An attribute on its own must read as the attribute's own constructor leaves it.</summary>
    [Fact]
    public void What_is_not_stated_is_as_the_attributes_have_it()
    {
        var compilation = Compilations.Of((Sound with
        {
            Block = """
                [PreNorm(Norm.LayerNorm)] [CausalSelfAttention] [FeedForward]
                public sealed partial class Block : TransformerBlock;
                """,
            Sae = "[SparseAutoencoder] public sealed partial class Sae : SparseAutoencoder;",
            Head = "[ConceptHead] public sealed partial class Head : ConceptHead;",
            Student = """
                [LanguageModel] [Blocks<Block>(0)] [FinalNorm(Norm.LayerNorm)] [MixConcepts<Head>] [ConceptLabels<Teacher, Sae>]
                public sealed partial class Student : LanguageModel;
                """,
        }).ToString());
        var student = (ModelSpec)SpecReader.Read(compilation.Class("Student")).Spec;
        var specs = new Dictionary<Attribute, object?>
        {
            [new PreNormAttribute(default)] = student.Block!.Norm,
            [new CausalSelfAttentionAttribute()] = student.Block.Attention,
            [new FeedForwardAttribute()] = student.Block.FeedForward,
            [new SparseAutoencoderAttribute()] = student.Labels!.Sae,
            [new ConceptHeadAttribute()] = student.Mix!.Head,
            [new LanguageModelAttribute()] = student,
            [new FinalNormAttribute(default)] = student.FinalNorm,
            [new MixConceptsAttribute<ConceptHead>()] = student.Mix,
            [new ConceptLabelsAttribute<LanguageModel, SparseAutoencoder>()] = student.Labels,
        };
        foreach (var (attribute, spec) in specs)
        {
            foreach (var property in attribute.GetType().GetProperties().Where(property => property.CanWrite))
            {
                var read = spec!.GetType().GetProperty(property.Name)!.GetValue(spec);
                Assert.True($"{property.GetValue(attribute)}" == $"{read}", $"{attribute.GetType().Name}.{property.Name} is read as {read}");
            }
        }
    }

    [Fact]
    public void The_engine_names_the_attributes_bases_and_enums_that_exist()
    {
        var runtime = typeof(LanguageModel).Assembly.GetExportedTypes();
        Assert.Equal(
            runtime.Where(type => type.IsSubclassOf(typeof(Attribute))).Select(type => type.Name.Split('`')[0]).Order(),
            AttributeNames.All.Select(name => $"{name}Attribute").Order());
        Assert.All(BaseNames.All, name => Assert.Contains(runtime, type => type.Name == name && type.IsSubclassOf(typeof(TorchSharp.torch.nn.Module))));
        Assert.Equal(Enum.GetNames<Norm>(), Enum.GetNames<NormKind>());
        Assert.Equal(Enum.GetNames<Activation>(), Enum.GetNames<ActivationKind>());
        Assert.Equal(Enum.GetNames<Mixing>(), Enum.GetNames<MixingKind>());
        Assert.Equal(Enum.GetNames<Selection>(), Enum.GetNames<SelectionKind>());
    }

    [Fact]
    public void A_teacher_is_read_without_its_labels()
    {
        var compilation = Compilations.Of((Sound with { Student = Sound.Student.Replace("<Teacher", "<Student") }).ToString());
        var student = (ModelSpec)SpecReader.Read(compilation.Class("Student")).Spec;
        Assert.Equal(student with { Labels = null }, student.Labels!.Teacher);
    }
}
