using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;

namespace CoCoMix.Generators.Tests;

public class SpecReaderTests
{
    private static readonly Sources Sound = new();

    [Fact]
    public void Reads_what_is_stated()
    {
        var block = new BlockSpec(new("N", "Block"), new(NormKind.LayerNorm, 1e-3), new(0, 16, false, 1, true, 5),
            new(2, ActivationKind.Silu, false, Gated: true), Parallel: true);
        var sae = new SaeSpec(new("N", "Sae"), 32, 64, 8, AutoencoderKind.JumpRelu, Sparsity: 0.5, Bandwidth: 0.25, Stated: new(["Sparsity", "Bandwidth"]));
        var head = new ConceptHeadSpec(new("N", "Head"), 64, 7, 0.5);
        var teacher = new ModelSpec(new("N", "Teacher"), 100, 32, 32, block, 4, default, default, default);
        var student = new ModelSpec(new("N", "Student"), 100, 16, 48, block, 3,
            new([new(head, 1, MixingKind.GatedAdd), new(head, 2, MixingKind.Interleave)]), new([new(0), new(4)]),
            new([new(teacher, sae, 2, 5, SelectionKind.Activation), new(teacher, sae, 3, 4, SelectionKind.Attribution)]))
        {
            Positions = PositionKind.Rotary, RotaryBase = 500, Dropout = 0.25,
            TiedHead = false, LogitSoftCap = 30, ZLoss = 1e-4, FinalNorm = new(NormKind.None, 1e-6),
        };
        var compilation = Compilations.Of((Sound with
        {
            Block = """
                [PreNorm(Norm.LayerNorm, Epsilon = 1e-3)]
                [Parallel]
                [CausalSelfAttention(HeadDim = 16, KeyValueHeads = 1, QueryKeyNorm = true, Window = 5, Bias = false)]
                [FeedForward(Expansion = 2, Activation = Activation.Silu, Bias = false, Gated = true)]
                public sealed partial class Block : TransformerBlock;
                """,
            Sae = Sound.Sae.Replace("Active = 8", "Active = 8, Kind = SaeKind.JumpRelu, Bandwidth = 0.25, Sparsity = 0.5"),
            Head = Sound.Head.Replace("Active = 8", "Active = 7, LossWeight = 0.5"),
            Student = "[PauseToken]\n" + Sound.Student.Replace("BeforeBlock = 1", "BeforeBlock = 1, Mixing = Mixing.GatedAdd")
                .Replace("Count = 4)]", "Count = 5, Selection = Selection.Activation)]\n[PauseToken(BeforeBlock = 4)]")
                .Replace("Width = 48", "Width = 48, Positions = Positions.Rotary, RotaryBase = 500, Dropout = 0.25, TiedHead = false, LogitSoftCap = 30, ZLoss = 1e-4")
                .Replace("(3)]", "(3)]\n[FinalNorm(Norm.None, Epsilon = 1e-6)]")
                + "\n[MixConcepts<Head>(BeforeBlock = 2)]\n[ConceptLabels<Teacher, Sae>(AfterBlock = 3)]\npartial class Student;",
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

                [PostNorm(Norm.LayerNorm)] [CausalSelfAttention] [FeedForward]
                public sealed partial class TeacherBlock : TransformerBlock;
                """,
            Teacher = Sound.Teacher.Replace("<Block>", "<TeacherBlock>"),
            Sae = "[SparseAutoencoder] public sealed partial class Sae : SparseAutoencoder;",
            Head = "[ConceptHead] public sealed partial class Head : ConceptHead;",
            Student = """
                [LanguageModel] [Blocks<Block>(0)] [FinalNorm(Norm.LayerNorm)] [MixConcepts<Head>] [PauseToken] [ConceptLabels<Teacher, Sae>]
                public sealed partial class Student : LanguageModel;
                """,
        }).ToString());
        var student = (ModelSpec)SpecReader.Read(compilation.Class("Student")).Spec;
        var specs = new Dictionary<Attribute, object?>
        {
            [new PreNormAttribute(default)] = student.Block!.Norm,
            [new PostNormAttribute(default)] = student.Labels[0].Teacher.Block!.Norm,
            [new ParallelAttribute()] = student.Block,
            [new CausalSelfAttentionAttribute()] = student.Block.Attention,
            [new FeedForwardAttribute()] = student.Block.FeedForward,
            [new SparseAutoencoderAttribute()] = student.Labels[0].Sae,
            [new ConceptHeadAttribute()] = student.Mixes[0].Head,
            [new LanguageModelAttribute()] = student,
            [new FinalNormAttribute(default)] = student.FinalNorm,
            [new MixConceptsAttribute<ConceptHead>()] = student.Mixes[0],
            [new PauseTokenAttribute()] = student.Pauses[0],
            [new ConceptLabelsAttribute<LanguageModel, SparseAutoencoder>()] = student.Labels[0],
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
        Assert.Equal(Enum.GetNames<Positions>(), Enum.GetNames<PositionKind>());
        Assert.Equal(Enum.GetNames<Activation>(), Enum.GetNames<ActivationKind>());
        Assert.Equal(Enum.GetNames<Mixing>(), Enum.GetNames<MixingKind>());
        Assert.Equal(Enum.GetNames<Selection>(), Enum.GetNames<SelectionKind>());
        Assert.Equal(Enum.GetNames<SaeKind>(), Enum.GetNames<AutoencoderKind>());
        Assert.All(SaeSpec.Settings.Keys, setting => Assert.NotNull(typeof(SparseAutoencoderAttribute).GetProperty(setting)));
    }

    [Fact]
    public void Attributes_that_may_be_repeated_are_those_of_the_engine() => Assert.Equal(
        typeof(LanguageModel).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Attribute)))
            .Where(type => type.GetCustomAttributes(typeof(AttributeUsageAttribute), false).Cast<AttributeUsageAttribute>().Single().AllowMultiple)
            .Select(type => type.Name.Split('`')[0]).Order(),
        AttributeNames.Repeatable.Select(name => $"{name}Attribute").Order());

    [Fact]
    public void A_teacher_is_read_without_its_labels()
    {
        var compilation = Compilations.Of((Sound with { Student = Sound.Student.Replace("<Teacher", "<Student") }).ToString());
        var student = (ModelSpec)SpecReader.Read(compilation.Class("Student")).Spec;
        Assert.Equal(student with { Labels = default }, student.Labels[0].Teacher);
    }
}
