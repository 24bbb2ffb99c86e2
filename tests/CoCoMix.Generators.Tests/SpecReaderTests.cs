using CoCoMix.Engine;
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
    public void Reads_a_class_with_code_as_it_is_written()
    {
        const string modules = "global::TorchSharp.Modules.";
        var part = new ModuleSpec(new("N", "Part"), Items("D", "F"), Items<FieldSpec>(),
            Items(new Method("forward(TorchSharp.torch.Tensor)", false, Items("x"), Items<Statement>(new Return(0, new Local(1, "x"))))), HasConstructor: true, Base: "");
        var fields = Items(
            new FieldSpec("a", LayerKind.Linear, "D -> 4*D", modules + "Linear", Bias: false),
            new("b", LayerKind.LayerNorm, "D", modules + "LayerNorm", Number: 1e-3),
            new("c", LayerKind.RmsNorm, "D", "global::CoCoMix.RmsNorm", Number: 1e-4),
            new("d", LayerKind.Embedding, "8 -> D", "global::CoCoMix.EmbeddingTable"),
            new("e", LayerKind.Parameter, "H, D/H", modules + "Parameter", Number: 0.02, Mean: 1),
            new("f", LayerKind.Dropout, "", modules + "Dropout", Number: 0.1),
            new("g", LayerKind.Size, "D/H", "long"),
            new("h", LayerKind.Module, "D, H", "global::N.Part", Module: part));
        var forward = Items<Statement>(
            new Assign(0, Items("y"), new Apply(1, "call", Items(new Argument("input", new Member(2, "h")), new Argument("input", new Local(3, "x"))))),
            new Return(4, new Own(5, "scaled(TorchSharp.torch.Tensor)", Items(new Argument("y", new Local(6, "y"))))));
        var scaled = Items<Statement>(
            new Return(7, new Apply(8, "Multiply", Items(new Argument("left", new Local(9, "y")), new Argument("right", new Constant(10, 1.5))))));
        var block = new ModuleSpec(new("N", "Block", IsPublic: false), Items("D", "H"), fields,
            Items(new Method("forward(TorchSharp.torch.Tensor)", false, Items("x"), forward), new("scaled(TorchSharp.torch.Tensor)", false, Items("y"), scaled)),
            HasConstructor: false, Base: "TransformerBlock");
        var sources = Sources.WithCode with
        {
            Block = """
                [Dims("D, H")]
                partial class Block : TransformerBlock
                {
                    private const double Half = 0.5;
                    private readonly int unread = 3;
                    [Linear("D -> 4*D", Bias = false)] private readonly Linear a;
                    [LayerNorm("D", Epsilon = 1e-3)] private readonly LayerNorm b;
                    [RmsNorm("D", Epsilon = 1e-4)] private readonly RmsNorm c;
                    [Embedding("8 -> D")] private readonly EmbeddingTable d;
                    [Parameter("H, D/H", Std = 0.02, Mean = 1)] private readonly Parameter e;
                    [Dropout(0.1)] private readonly Dropout f;
                    [Size("D/H")] private readonly long g;
                    [Module("D, H")] private readonly Part h;

                    public override Tensor forward(Tensor x)
                    {
                        var y = h.call(x);
                        return scaled(y);
                    }

                    private static Tensor scaled(Tensor y) => y * (1 + Half);
                    private Tensor unused(Tensor y) => y;
                }

                [Dims("D, F")]
                public class Part : nn.Module<Tensor, Tensor>
                {
                    public Part(long d, long f) : base("Part") { }
                    public override Tensor forward(Tensor x) => x;
                }
                """,
        };
        var model = (ModelSpec)SpecReader.Read(Compilations.Of($"{sources}").Class("Student")).Spec;
        Assert.Equal(new OwnSpec(block, "H = 2"), model.Block!.Own);
    }

    [Fact]
    public void What_is_not_stated_on_a_field_is_as_its_attribute_has_it()
    {
        var compilation = Compilations.Of($"{Sources.WithCode with
        {
            Block = """
                [Dims("D")]
                public sealed partial class Block : TransformerBlock
                {
                    [Linear("D -> D")] private readonly Linear a;
                    [LayerNorm("D")] private readonly LayerNorm b;
                    [RmsNorm("D")] private readonly RmsNorm c;
                    [Parameter("D")] private readonly Parameter e;
                    public override Tensor forward(Tensor x) => x;
                }
                """,
        }}");
        var fields = ((ModuleSpec)SpecReader.Read(compilation.Class("Block")).Spec).Fields.ToDictionary(field => field.Kind);
        Assert.Equal(new LinearAttribute("").Bias, fields[LayerKind.Linear].Bias);
        Assert.Equal(new LayerNormAttribute("").Epsilon, fields[LayerKind.LayerNorm].Number);
        Assert.Equal(new RmsNormAttribute("").Epsilon, fields[LayerKind.RmsNorm].Number);
        Assert.Equal((new ParameterAttribute("").Std, new ParameterAttribute("").Mean), (fields[LayerKind.Parameter].Number, fields[LayerKind.Parameter].Mean));
        var student = $"{Sound with { Student = "[Blocks<Plain>(2)] partial class Student : LanguageModel; [Dims(\"D\")] partial class Plain : TransformerBlock;" }}";
        Assert.Equal(new BlocksAttribute<TransformerBlock>(2).Dims, ((ModelSpec)SpecReader.Read(Compilations.Of(student).Class("Student")).Spec).Block!.Own!.Dims);
    }

    [Fact]
    public void A_class_in_itself_is_read_once()
    {
        var block = Sources.WithCode.Block.Replace("[Size", "[Module(\"D, H\")] private readonly Block again; [Size");
        var spec = (ModuleSpec)SpecReader.Read(Compilations.Of($"{Sources.WithCode with { Block = block }}").Class("Block")).Spec;
        Assert.Null(spec.Fields.Single(field => field.Name == "again").Module);
    }

    /// <summary>The attributes that people write; what the generator writes for itself is hidden from editors.</summary>
    private static IEnumerable<Type> Typed => typeof(LanguageModel).Assembly.GetExportedTypes()
        .Where(type => type.IsSubclassOf(typeof(Attribute)) && !type.IsDefined(typeof(System.ComponentModel.EditorBrowsableAttribute), false));

    [Fact]
    public void The_engine_names_the_attributes_bases_and_enums_that_exist()
    {
        var runtime = typeof(LanguageModel).Assembly.GetExportedTypes();
        Assert.Equal(
            Typed.Select(type => type.Name.Split('`')[0]).Distinct().Order(),
            AttributeNames.All.Concat(AttributeNames.OfFields).Select(name => $"{name}Attribute").Order());
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
        Typed.Where(type => type.GetCustomAttributes(typeof(AttributeUsageAttribute), false).Cast<AttributeUsageAttribute>().Single().AllowMultiple)
            .Select(type => type.Name.Split('`')[0]).Distinct().Order(),
        AttributeNames.Repeatable.Select(name => $"{name}Attribute").Order());

    [Fact]
    public void A_teacher_is_read_without_its_labels()
    {
        var compilation = Compilations.Of((Sound with { Student = Sound.Student.Replace("<Teacher", "<Student") }).ToString());
        var student = (ModelSpec)SpecReader.Read(compilation.Class("Student")).Spec;
        Assert.Equal(student with { Labels = default }, student.Labels[0].Teacher);
    }

    private static EquatableArray<T> Items<T>(params T[] items) where T : notnull => new(items);
}
