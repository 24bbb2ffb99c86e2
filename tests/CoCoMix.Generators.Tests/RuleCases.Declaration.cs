namespace CoCoMix.Generators.Tests;

internal static partial class RuleCases
{
    /// <summary>CCM1xxx: what a declaration is and what its attributes say.</summary>
    private static RuleCase[] Declaration =>
    [
        new("CCM1001", "a class without partial", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = 64, Active = 8)]
                public sealed class {|#0:Sae|} : SparseAutoencoder;
                """,
        }, "'Sae' is not partial, so no code can be generated for it: declare it as 'partial class Sae'"),
        new("CCM1001", "partial is enough", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = 64, Active = 8)]
                partial class Sae : SparseAutoencoder;
                """,
            Student = "",
        }),

        new("CCM1002", "no base class", new()
        {
            Block = """
                [{|#0:PreNorm|}(Norm.LayerNorm)]
                [CausalSelfAttention(HeadDim = 16)]
                [FeedForward]
                public sealed partial class {|#1:Block|};
                """,
            Teacher = "",
            Student = "",
        }, "[PreNorm] describes a TransformerBlock, but 'Block' derives from object: derive 'Block' directly from TransformerBlock, or remove [PreNorm]"),
        new("CCM1002", "another kind's attribute", new()
        {
            Head = """
                [ConceptHead(Concepts = 64, Active = 8)]
                [CoCoMix.{|#0:FeedForward|}]
                public sealed partial class Head : ConceptHead;
                """,
        }, "[FeedForward] describes a TransformerBlock, but 'Head' derives from ConceptHead: derive 'Head' directly from TransformerBlock, or remove [FeedForward]"),
        new("CCM1002", "a base class in between", new()
        {
            Head = """
                public abstract class Between : ConceptHead;
                [{|#0:ConceptHead|}(Concepts = 64, Active = 8)]
                public sealed partial class Head : Between;
                """,
        }, "[ConceptHead] describes a ConceptHead, but 'Head' derives from Between: derive 'Head' directly from ConceptHead, or remove [ConceptHead]"),
        new("CCM1002", "every base class", new()),

        new("CCM1003", "a model without blocks", new()
        {
            Student = """
                [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
                public sealed partial class {|#0:Student|} : LanguageModel;
                """,
        }, "'Student' is a LanguageModel without [Blocks]: add [Blocks<TBlock>(8)]"),
        new("CCM1003", "a block without parts", new()
        {
            Block = """
                [CausalSelfAttention(HeadDim = 16)]
                public sealed partial class {|#0:Block|} : TransformerBlock;
                """,
        }, "'Block' is a TransformerBlock without [PreNorm] and [FeedForward]: add [PreNorm(Norm.LayerNorm)] and [FeedForward(Expansion = 4)]"),
        new("CCM1003", "a base class and nothing else", new() { Sae = "public partial class {|#0:Sae|} : SparseAutoencoder;" },
            "'Sae' is a SparseAutoencoder without [SparseAutoencoder]: add [SparseAutoencoder(Inputs = 768, Latents = 32_768, Active = 32)]"),
        new("CCM1003", "parts in two files' worth of class", new()
        {
            Student = """
                [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
                public sealed partial class Student : LanguageModel;
                [Blocks<Block>(1)]
                partial class Student;
                """,
        }),
        new("CCM1003", "a class written by hand", new()
        {
            Student = """
                public class Student : LanguageModel
                {
                    public override TorchSharp.torch.Tensor forward(TorchSharp.torch.Tensor ids) => ids;
                }
                """,
        }),

        Size("a width left out", "[{|#0:LanguageModel|}(Vocabulary = 100, Context = 16)]", "Width of [LanguageModel] on 'Student' is 0: it must be from 1 to 16777216"),
        new("CCM1004", "hidden states of one number", new() { Sae = new Sources().Sae.Replace("Inputs = 32", "Inputs = {|#0:1|}"), Student = "" },
            "Inputs of [SparseAutoencoder] on 'Sae' is 1: it must be from 2 to 16777216, because hidden states are divided by their standard deviation"),
        new("CCM1004", "a stream of one number that concepts are read from", new() { Student = new Sources().Student.Replace("Width = 48", "Width = {|#0:1|}") },
            "Width of [LanguageModel] on 'Student' is 1: it must be from 2 to 16777216, because hidden states are divided by their standard deviation"),
        Size("a negative context", "[LanguageModel(Vocabulary = 100, Context = {|#0:-1|}, Width = 48)]", "Context of [LanguageModel] on 'Student' is -1: it must be from 1 to 16777216"),
        Size("a vocabulary beyond 16 bits", "[LanguageModel(Vocabulary = {|#0:65_537|}, Context = 16, Width = 48)]",
            "Vocabulary of [LanguageModel] on 'Student' is 65537: it must be from 1 to 65536, because token ids are stored in 16 bits"),
        Size("a vocabulary of 16 bits", "[LanguageModel(Vocabulary = 65_536, Context = 16, Width = 48)]"),
        Size("no blocks", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]", "Count of [Blocks] on 'Student' is 0: it must be from 1 to 1024", "{|#0:0|}"),
        Size("blocks by the parameter's name", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]",
            "Count of [Blocks] on 'Student' is -2: it must be from 1 to 1024", "count: {|#0:-2|}"),
        new("CCM1004", "no expansion", Feed("[FeedForward(Expansion = {|#0:0|})]"), "Expansion of [FeedForward] on 'Block' is 0: it must be from 1 to 64"),
        new("CCM1004", "an expansion of one", Feed("[FeedForward(Expansion = 1)]")),
        new("CCM1004", "an epsilon of zero", Norm("[PreNorm(Norm.LayerNorm, Epsilon = {|#0:0|})]"),
            "Epsilon of [PreNorm] on 'Block' is 0: it must be finite and more than 0"),
        new("CCM1004", "an epsilon that is no number", Norm("[PreNorm(Norm.LayerNorm, Epsilon = {|#0:double.NaN|})]"),
            "Epsilon of [PreNorm] on 'Block' is NaN: it must be finite and more than 0"),
        new("CCM1004", "an integer epsilon", Norm("[PreNorm(Norm.LayerNorm, Epsilon = 1)]")),
        new("CCM1004", "negative heads", Attention("[CausalSelfAttention(Heads = {|#0:-4|})]"),
            "Heads of [CausalSelfAttention] on 'Block' is -4: it must be from 1 to 16777216"),
        new("CCM1004", "negative heads of keys", Attention("[CausalSelfAttention(Heads = 4, KeyValueHeads = {|#0:-4|})]"),
            "KeyValueHeads of [CausalSelfAttention] on 'Block' is -4: it must be from 0 to 16777216"),
        new("CCM1004", "a negative window", Attention("[CausalSelfAttention(Heads = 4, Window = {|#0:-1|})]"),
            "Window of [CausalSelfAttention] on 'Block' is -1: it must be from 0 to 16777216"),
        new("CCM1004", "a post-norm epsilon of zero", Norm("[PostNorm(Norm.LayerNorm, Epsilon = {|#0:0|})]"),
            "Epsilon of [PostNorm] on 'Block' is 0: it must be finite and more than 0"),
        Size("dropping everything", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48, Dropout = {|#0:1|})]",
            "Dropout of [LanguageModel] on 'Student' is 1: it must be from 0 to below 1"),
        Size("a rotary base of zero", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48, Positions = Positions.Rotary, RotaryBase = {|#0:0|})]",
            "RotaryBase of [LanguageModel] on 'Student' is 0: it must be finite and more than 0"),
        new("CCM1004", "a negative loss weight", Loss("LossWeight = {|#0:-0.1|}"), "LossWeight of [ConceptHead] on 'Head' is -0.1: it must be finite and not negative"),
        new("CCM1004", "an infinite loss weight", Loss("LossWeight = {|#0:1 / 0.0|}"), "LossWeight of [ConceptHead] on 'Head' is Infinity: it must be finite and not negative"),
        new("CCM1004", "a loss weight of zero", Loss("LossWeight = 0")),
        Size("a negative soft cap", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48, LogitSoftCap = {|#0:-30|})]",
            "LogitSoftCap of [LanguageModel] on 'Student' is -30: it must be finite and not negative"),
        Size("an infinite z-loss", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48, ZLoss = {|#0:1 / 0.0|})]",
            "ZLoss of [LanguageModel] on 'Student' is Infinity: it must be finite and not negative"),
        Size("a whole head", "[LanguageModel(Vocabulary = 100, Context = 16, Width = 48, TiedHead = false, LogitSoftCap = 30, ZLoss = 1e-4)]"),
        FinalNorm("CCM1004", "a final epsilon of zero", "[FinalNorm(Norm.RmsNorm, Epsilon = {|#0:0|})]",
            "Epsilon of [FinalNorm] on 'Student' is 0: it must be finite and more than 0"),
        new("CCM1004", "no latents", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = {|#0:Sae.None|}, Active = 8)]
                public sealed partial class Sae : SparseAutoencoder
                {
                    public const int None = 0;
                }
                """,
        }, "Latents of [SparseAutoencoder] on 'Sae' is 0: it must be from 1 to 16777216"),
        new("CCM1004", "no labels", Labels("AfterBlock = 2, Count = {|#0:0|}"), "Count of [ConceptLabels] on 'Student' is 0: it must be from 1 to 16777216"),

        new("CCM1004", "a negative weight of distillation", new() { Student = new Sources().Student.Replace("public", "[Distill<Teacher>(Weight = {|#0:-1|})]\npublic") },
            "Weight of [Distill] on 'Student' is -1: it must be finite and not negative"),
        new("CCM1004", "a negative sparsity", Sae("Kind = SaeKind.Gated, Sparsity = {|#0:-1|}"),
            "Sparsity of [SparseAutoencoder] on 'Sae' is -1: it must be finite and not negative"),
        new("CCM1004", "no bandwidth", Sae("Kind = SaeKind.JumpRelu, Bandwidth = {|#0:0|}"),
            "Bandwidth of [SparseAutoencoder] on 'Sae' is 0: it must be finite and more than 0"),
        new("CCM1004", "no prefixes", Sae("Kind = SaeKind.Matryoshka, Prefixes = {|#0:0|}"),
            "Prefixes of [SparseAutoencoder] on 'Sae' is 0: it must be from 1 to 16777216"),

        new("CCM1005", "labels alone", new()
        {
            Student = """
                [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
                [Blocks<Block>(3)]
                [{|#0:ConceptLabels|}<Teacher, Sae>(AfterBlock = 2)]
                public sealed partial class Student : LanguageModel;
                """,
        }, "'Student' has [ConceptLabels] but no concept head that learns them: add [MixConcepts<THead>], or remove [ConceptLabels]"),
        new("CCM1005", "mixing alone", new()
        {
            Student = """
                [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
                [Blocks<Block>(3)]
                [MixConcepts<Head>(BeforeBlock = 1)]
                public sealed partial class Student : LanguageModel;
                """,
        }),

        Form("a generic class", "public sealed partial class {|#0:Student|}<T> : LanguageModel;", "generic"),
        Form("an abstract class", "public abstract partial class {|#0:Student|} : LanguageModel;", "abstract"),
        Form("a file-local class", "file sealed partial class {|#0:Student|} : LanguageModel;", "file-local"),
        new("CCM1006", "a nested class", new()
        {
            Sae = """
                public static partial class Outer
                {
                    [SparseAutoencoder(Inputs = 32, Latents = 64, Active = 8)]
                    public sealed partial class {|#0:Sae|} : SparseAutoencoder;
                }
                """,
            Student = "",
        }, "'Sae' is nested: a declaration must be a top-level class that is neither generic, abstract nor file-local"),
        new("CCM1006", "an unsealed class", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = 64, Active = 8)]
                public partial class Sae : SparseAutoencoder;
                """,
        }),

        new("CCM1007", "an undefined norm", Norm("[PreNorm({|#0:(Norm)7|})]"), "Norm of [PreNorm] on 'Block' is 7, which names nothing: write Norm.LayerNorm or Norm.RmsNorm"),
        FinalNorm("CCM1007", "an undefined final norm", "[FinalNorm({|#0:(Norm)7|})]",
            "Norm of [FinalNorm] on 'Student' is 7, which names nothing: write Norm.LayerNorm, Norm.RmsNorm or Norm.None"),
        new("CCM1007", "an undefined activation", Feed("[FeedForward(Activation = {|#0:(Activation)9|})]"),
            "Activation of [FeedForward] on 'Block' is 9, which names nothing: write Activation.GeluTanh, Activation.Gelu, Activation.Silu or Activation.ReluSquared"),
        new("CCM1007", "an undefined distance", new()
        {
            Head = new Sources().Head.Replace("64", "32"),
            Student = new Sources().Student.Replace("[ConceptLabels<Teacher, Sae>(AfterBlock = 2, Count = 4)]", "[RegressHiddenStates<Teacher>(Distance = {|#0:(Distance)9|})]"),
        }, "Distance of [RegressHiddenStates] on 'Student' is 9, which names nothing: write Distance.L1, Distance.L2 or Distance.Cosine"),
        new("CCM1007", "an undefined selection", Labels("AfterBlock = 2, Selection = {|#0:(Selection)9|}"),
            "Selection of [ConceptLabels] on 'Student' is 9, which names nothing: write Selection.Attribution, Selection.Activation, Selection.PaperAttribution, Selection.AbsoluteAttribution or Selection.NegatedAttribution"),
        new("CCM1007", "undefined positions", new() { Student = new Sources().Student.Replace("Width = 48", "Width = 48, Positions = {|#0:(Positions)9|}") },
            "Positions of [LanguageModel] on 'Student' is 9, which names nothing: write Positions.Learned, Positions.Rotary, Positions.Alibi or Positions.None"),
        new("CCM1007", "an undefined way of mixing", Mixing("BeforeBlock = 1, Mixing = {|#0:(Mixing)5|}", "3"),
            "Mixing of [MixConcepts] on 'Student' is 5, which names nothing: write Mixing.Interleave, Mixing.Add, Mixing.GatedAdd, Mixing.CrossAttend or Mixing.None"),
        new("CCM1007", "a defined selection", Labels("AfterBlock = 2, Selection = (Selection)1")),

        new("CCM1007", "an undefined kind of autoencoder", Sae("Kind = {|#0:(SaeKind)6|}"),
            "Kind of [SparseAutoencoder] on 'Sae' is 6, which names nothing: write SaeKind.TopK, SaeKind.BatchTopK, SaeKind.ReluL1, SaeKind.JumpRelu, SaeKind.Gated or SaeKind.Matryoshka"),

        new("CCM1008", "a forward", Body("public override TorchSharp.torch.Tensor {|#0:forward|}(TorchSharp.torch.Tensor ids) => ids;"),
            "'Student' declares 'forward', which the generator writes from the attributes: remove it, or remove the attributes"),
        new("CCM1008", "a constructor", Body("public {|#0:Student|}(string name) { }"),
            "'Student' declares a constructor, which the generator writes from the attributes: remove it, or remove the attributes"),
        new("CCM1008", "a primary constructor", new() { Student = new Sources().Student.Replace("Student :", "{|#0:Student|}(string name) :") },
            "'Student' declares a constructor, which the generator writes from the attributes: remove it, or remove the attributes"),
        new("CCM1008", "a member that the base leaves open", new()
        {
            Head = new Sources().Head.Replace("ConceptHead;", "ConceptHead\n{\n    public override int {|#0:Concepts|} => 64;\n}"),
        }, "'Head' declares 'Concepts', which the generator writes from the attributes: remove it, or remove the attributes"),
        new("CCM1008", "other members", Body(
            "static Student() { } public int Answer() => 42; protected override void Dispose(bool all) { }")),

        new("CCM1011", "both norms", Norm("[{|#1:PreNorm|}(Norm.LayerNorm)]\n[{|#0:PostNorm|}(Norm.RmsNorm)]"),
            "'Block' has both [PreNorm] and [PostNorm]: keep the one that says where its norms stand"),
        new("CCM1011", "post-norm alone", Norm("[PostNorm(Norm.RmsNorm)]")),

        new("CCM1012", "in parallel after", Norm("[{|#1:PostNorm|}(Norm.LayerNorm)]\n[{|#0:Parallel|}]"),
            "'Block' has [Parallel] with [PostNorm], but the parts of a parallel block share one norm in front: use [PreNorm], or remove [Parallel]"),
        new("CCM1012", "in parallel before", Norm("[PreNorm(Norm.LayerNorm)]\n[Parallel]")),

        new("CCM1021", "a setting of another kind", Sae("Kind = SaeKind.BatchTopK, Sparsity = {|#0:1e-3|}"),
            "Sparsity of [SparseAutoencoder] on 'Sae' does nothing, because Kind is SaeKind.BatchTopK: remove Sparsity, or set Kind to SaeKind.ReluL1, SaeKind.JumpRelu or SaeKind.Gated"),
        new("CCM1021", "a setting without a kind", Sae("Prefixes = {|#0:3|}"),
            "Prefixes of [SparseAutoencoder] on 'Sae' does nothing, because Kind is SaeKind.TopK: remove Prefixes, or set Kind to SaeKind.Matryoshka"),
        new("CCM1021", "settings of the kind", Sae("Kind = SaeKind.JumpRelu, Sparsity = 1e-2, Bandwidth = 0.1")),

        new("CCM1041", "a block without a norm", Norm("[PreNorm({|#0:Norm.None|})]"),
            "Norm of [PreNorm] on 'Block' is Norm.None, which only [FinalNorm] takes: write Norm.LayerNorm or Norm.RmsNorm"),
        new("CCM1041", "a block without a norm after", Norm("[PostNorm({|#0:Norm.None|})]"),
            "Norm of [PostNorm] on 'Block' is Norm.None, which only [FinalNorm] takes: write Norm.LayerNorm or Norm.RmsNorm"),
        FinalNorm("CCM1041", "a model without a final norm", "[FinalNorm(Norm.None)]"),
    ];

    private static RuleCase Size(string name, string sizes, string? message = null, string blocks = "3") => new("CCM1004", name, new()
    {
        Student = $"{sizes}\n[Blocks<Block>({blocks})]\n{SoundStudent}",
    }, message);

    private static RuleCase Form(string name, string declaration, string form) => new("CCM1006", name, new()
    {
        Student = $"[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\n[Blocks<Block>(3)]\n{declaration}",
    }, $"'Student' is {form}: a declaration must be a top-level class that is neither generic, abstract nor file-local");

    private static Sources Norm(string norm) => new() { Block = new Sources().Block.Replace("[PreNorm(Norm.LayerNorm)]", norm) };

    private static RuleCase FinalNorm(string id, string name, string norm, string? message = null) =>
        new(id, name, new() { Student = new Sources().Student.Replace("(3)]", $"(3)]\n{norm}") }, message);

    private static Sources Feed(string feed) => new() { Block = new Sources().Block.Replace("[FeedForward(Expansion = 4)]", feed) };

    private static Sources Loss(string weight) => new() { Head = new Sources().Head.Replace("Active = 8", $"Active = 8, {weight}") };

    private static Sources Body(string members) => new()
    {
        Student = new Sources().Student.Replace("LanguageModel;", $"LanguageModel\n{{\n    {members}\n}}"),
    };
}
