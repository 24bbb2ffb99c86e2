namespace CoCoMix.Generators.Tests;

/// <summary>A source that breaks one rule, or comes close.</summary>
/// <param name="Message">The message expected at <c>{|#0:...|}</c>, with the places <c>{|#1:...|}</c> and so on beside it; null if the source is sound.</param>
internal sealed record RuleCase(string Id, string Name, Sources Sources, string? Message = null)
{
    public override string ToString() => $"{Id} {Name}";
}

/// <summary>Every rule, broken and kept.</summary>
internal static class RuleCases
{
    private const string SoundStudent = "public sealed partial class Student : LanguageModel;";

    private const string Eager = "'Shift' is [Eager], or has a field that is, which only blocks and the parts of blocks can: remove [Eager]";

    private const string Names = "write names with commas between them, none twice and none of them B, T or a keyword of C#, as in \"D, H\"";

    private const string Statements = """
        var heads = inner.call(x).view(x.shape[0], x.shape[1], -1, each);
                return x + heads.softmax(-1).flatten(2);
        """;

    public static IReadOnlyList<RuleCase> All { get; } =
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
                public sealed partial class Block;
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
        new("CCM1007", "an undefined selection", Labels("AfterBlock = 2, Selection = {|#0:(Selection)9|}"),
            "Selection of [ConceptLabels] on 'Student' is 9, which names nothing: write Selection.Attribution or Selection.Activation"),
        new("CCM1007", "undefined positions", new() { Student = new Sources().Student.Replace("Width = 48", "Width = 48, Positions = {|#0:(Positions)9|}") },
            "Positions of [LanguageModel] on 'Student' is 9, which names nothing: write Positions.Learned, Positions.Rotary, Positions.Alibi or Positions.None"),
        new("CCM1007", "an undefined way of mixing", Mixing("BeforeBlock = 1, Mixing = {|#0:(Mixing)4|}", "3"),
            "Mixing of [MixConcepts] on 'Student' is 4, which names nothing: write Mixing.Interleave, Mixing.Add, Mixing.GatedAdd or Mixing.CrossAttend"),
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

        new("CCM2001", "a head dimension", new()
        {
            Block = new Sources().Block.Replace("16", "{|#1:16|}"),
            Student = """
                [LanguageModel(Vocabulary = 100, Context = 16, Width = {|#2:40|})]
                [Blocks<{|#0:Block|}>(3)]
                public sealed partial class Student : LanguageModel;
                """,
        }, "HeadDim = 16 of 'Block' does not divide Width = 40 of 'Student': the nearest HeadDim that would is 10 or 20"),
        new("CCM2001", "more heads than width", new()
        {
            Block = new Sources().Block.Replace("HeadDim = 16", "Heads = {|#1:64|}"),
            Teacher = """
                [LanguageModel(Vocabulary = 100, Context = 32, Width = {|#2:32|})]
                [Blocks<{|#0:Block|}>(4)]
                public sealed partial class Teacher : LanguageModel;
                """,
            Student = "",
        }, "Heads = 64 of 'Block' does not divide Width = 32 of 'Teacher': the nearest Heads that would is 32"),
        new("CCM2001", "heads that divide", Attention("[CausalSelfAttention(Heads = 16)]")),

        new("CCM2002", "both", Attention("[CausalSelfAttention(Heads = {|#1:2|}, HeadDim = {|#0:16|})]"),
            "[CausalSelfAttention] on 'Block' states both Heads = 2 and HeadDim = 16: state one of them, and the model's width gives the other"),
        new("CCM2002", "neither", Attention("[{|#0:CausalSelfAttention|}(Bias = false)]"),
            "[CausalSelfAttention] on 'Block' states neither Heads nor HeadDim: state one of them, and the model's width gives the other"),
        new("CCM2002", "one", Attention("[CausalSelfAttention(Heads = 1)]")),

        new("CCM2011", "stated heads", Attention("[CausalSelfAttention(Heads = {|#1:16|}, KeyValueHeads = {|#0:3|})]"),
            "KeyValueHeads = 3 of 'Block' does not divide its 16 heads: the nearest KeyValueHeads that would is 2 or 4"),
        new("CCM2011", "more than heads", Attention("[CausalSelfAttention(Heads = {|#1:16|}, KeyValueHeads = {|#0:32|})]"),
            "KeyValueHeads = 32 of 'Block' does not divide its 16 heads: the nearest KeyValueHeads that would is 16"),
        new("CCM2011", "heads that the width gives", Attention("[CausalSelfAttention(HeadDim = {|#2:16|}, KeyValueHeads = {|#1:2|})]") with
        {
            Student = new Sources().Student.Replace("<Block>", "<{|#0:Block|}>").Replace("48", "{|#3:48|}"),
        }, "KeyValueHeads = 2 of 'Block' does not divide its 3 heads at Width = 48 of 'Student': the nearest KeyValueHeads that would is 1 or 3"),
        new("CCM2011", "one for all", Attention("[CausalSelfAttention(HeadDim = 16, KeyValueHeads = 1)]")),
        new("CCM2011", "four for sixteen", Attention("[CausalSelfAttention(Heads = 16, KeyValueHeads = 4)]")),

        new("CCM2012", "an odd width of heads", Attention("[CausalSelfAttention(Heads = {|#1:16|})]") with
        {
            Student = new Sources().Student.Replace("Width = 48", "Width = {|#2:48|}, Positions = {|#0:Positions.Rotary|}"),
        }, "'Student' has Positions.Rotary, which turns pairs of numbers, but the heads of 'Block' have an odd width of 3: use heads of an even width, or other positions"),
        new("CCM2012", "an odd width of heads that do not turn", Attention("[CausalSelfAttention(Heads = 16)]") with
        {
            Student = new Sources().Student.Replace("Width = 48", "Width = 48, Positions = Positions.Alibi"),
        }),
        new("CCM2012", "an even width", new() { Student = new Sources().Student.Replace("Width = 48", "Width = 48, Positions = Positions.Rotary") }),

        new("CCM3001", "past the last block", Mixing("BeforeBlock = {|#0:3|}", "{|#1:3|}"),
            "'Student' mixes concepts before block 3, but it has 3 blocks: BeforeBlock must be from 0 to 2"),
        new("CCM3001", "before the first block", Mixing("BeforeBlock = {|#0:-1|}", "{|#1:3|}"),
            "'Student' mixes concepts before block -1, but it has 3 blocks: BeforeBlock must be from 0 to 2"),
        new("CCM3001", "a pause token past the last block", Mixing("BeforeBlock = 1)]\n[PauseToken]\n[PauseToken(BeforeBlock = {|#0:4|}", "{|#1:3|}"),
            "'Student' inserts a pause token before block 4, but it has 3 blocks: BeforeBlock must be from 0 to 2"),
        new("CCM3001", "the second of two heads past the last block", Mixing(
            "BeforeBlock = 2)]\n[MixConcepts<Head>(BeforeBlock = {|#0:3|})]\n[ConceptLabels<Teacher, Sae>(AfterBlock = 2", "{|#1:3|}"),
            "'Student' mixes concepts before block 3, but it has 3 blocks: BeforeBlock must be from 0 to 2"),
        new("CCM3001", "the last block", Mixing("BeforeBlock = 2", "3")),
        new("CCM3001", "the first block", Mixing("", "3")),

        new("CCM3002", "of latents", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = {|#1:64|}, Active = {|#0:65|})]
                public sealed partial class Sae : SparseAutoencoder;
                """,
        }, "Active = 65 of 'Sae' is more than its Latents = 64: Active must be from 1 to 64"),
        new("CCM3002", "of concepts", new()
        {
            Head = """
                [ConceptHead(Concepts = {|#1:64|}, Active = {|#0:128|})]
                public sealed partial class Head : ConceptHead;
                """,
        }, "Active = 128 of 'Head' is more than its Concepts = 64: Active must be from 1 to 64"),
        new("CCM3002", "all of them", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = 64, Active = 64)]
                public sealed partial class Sae : SparseAutoencoder;
                """,
        }),

        new("CCM3003", "fewer concepts", new()
        {
            Sae = new Sources().Sae.Replace("64", "{|#2:64|}"),
            Head = new Sources().Head.Replace("64", "{|#1:32|}"),
            Student = new Sources().Student.Replace("<Head>", "<{|#0:Head|}>"),
        }, "'Student' mixes 'Head' with Concepts = 32, but its labels come from 'Sae' with Latents = 64: set Concepts of 'Head' to 64, or use an autoencoder with 32 latents"),
        new("CCM3003", "as many concepts", new()),

        new("CCM3004", "a wider teacher", new()
        {
            Sae = new Sources().Sae.Replace("32", "{|#1:32|}"),
            Teacher = new Sources().Teacher.Replace("Width = 32", "Width = {|#2:48|}"),
            Student = new Sources().Student.Replace("Sae>", "{|#0:Sae|}>"),
        }, "'Sae' reads Inputs = 32, but hidden states of the teacher 'Teacher' have Width = 48: use an autoencoder with Inputs = 48, or a teacher of width 32"),
        new("CCM3004", "a teacher wider than the student", new()
        {
            Sae = new Sources().Sae.Replace("32", "96"),
            Teacher = new Sources().Teacher.Replace("Width = 32", "Width = 96"),
        }),

        new("CCM3005", "past the teacher's last block", new()
        {
            Teacher = new Sources().Teacher.Replace("(4)", "({|#1:4|})"),
            Student = new Sources().Student.Replace("AfterBlock = 2", "AfterBlock = {|#0:4|}"),
        }, "'Student' reads labels after block 4 of its teacher, but 'Teacher' has 4 blocks: AfterBlock must be from 0 to 3"),
        new("CCM3005", "the teacher's last block", Labels("AfterBlock = 3")),

        new("CCM3006", "more labels than latents", new()
        {
            Sae = new Sources().Sae.Replace("8", "{|#1:8|}"),
            Student = new Sources().Student.Replace("Count = 4", "Count = {|#0:9|}"),
        }, "'Student' wants Count = 9 labels per position, but 'Sae' keeps Active = 8 latents: Count must be from 1 to 8"),
        new("CCM3006", "the default count", new()
        {
            Sae = new Sources().Sae.Replace("8", "{|#1:3|}"),
            Student = new Sources().Student.Replace("ConceptLabels", "{|#0:ConceptLabels|}").Replace(", Count = 4", ""),
        }, "'Student' wants Count = 4 labels per position, but 'Sae' keeps Active = 3 latents: Count must be from 1 to 3"),
        new("CCM3006", "as many labels", Labels("AfterBlock = 2, Count = 8")),

        new("CCM3007", "another vocabulary", new()
        {
            Teacher = new Sources().Teacher.Replace("100", "{|#1:99|}"),
            Student = new Sources().Student.Replace("100", "{|#2:100|}").Replace("<Teacher", "<{|#0:Teacher|}"),
        }, "The teacher 'Teacher' has Vocabulary = 99, but 'Student' has Vocabulary = 100: both must be the same, because the teacher reads the student's tokens"),
        new("CCM3007", "the same vocabulary", new()),

        new("CCM3008", "a longer student", new()
        {
            Teacher = new Sources().Teacher.Replace("Context = 32", "Context = {|#1:32|}"),
            Student = new Sources().Student.Replace("Context = 16", "Context = {|#2:33|}").Replace("<Teacher", "<{|#0:Teacher|}"),
        }, "The teacher 'Teacher' has Context = 32, but 'Student' has Context = 33: use a teacher with a Context of 33 or more, or set Context of 'Student' to at most 32"),
        new("CCM3008", "a student as long", new() { Student = new Sources().Student.Replace("Context = 16", "Context = 32") }),

        new("CCM3009", "a block without attributes", new()
        {
            Student = """
                [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
                [Blocks<{|#0:TransformerBlock|}>(3)]
                public sealed partial class Student : LanguageModel;
                """,
        }, "'Student' cannot be built from 'TransformerBlock': it has none of the language's attributes"),
        new("CCM3009", "a block written by hand", new()
        {
            Student = """
                public class ByHand : TransformerBlock
                {
                    public override TorchSharp.torch.Tensor forward(TorchSharp.torch.Tensor x) => x;
                }
                [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
                [Blocks<{|#0:ByHand|}>(3)]
                public sealed partial class Student : LanguageModel;
                """,
        }, "'Student' cannot be built from 'ByHand': it has none of the language's attributes"),
        Unusable("TorchSharp's module", "TorchSharp.Modules.Linear", "Linear", "it has none of the language's attributes"),
        Unusable("an autoencoder in place of a block", "Sae", "Sae", "a block derives from TransformerBlock, or has [Dims]"),
        new("CCM3009", "sound parts", new()),

        new("CCM3010", "a teacher that mixes", new()
        {
            Teacher = """
                [LanguageModel(Vocabulary = 100, Context = 32, Width = 32)]
                [Blocks<Block>(4)]
                [{|#1:MixConcepts|}<Head>]
                public sealed partial class Teacher : LanguageModel;
                """,
            Student = new Sources().Student.Replace("<Teacher", "<{|#0:Teacher|}"),
        }, "The teacher 'Teacher' of 'Student' has [MixConcepts] itself: use a teacher without [MixConcepts], [PauseToken] and [ConceptLabels], whose positions are the student's tokens"),
        new("CCM3010", "a teacher that pauses", new()
        {
            Teacher = """
                [LanguageModel(Vocabulary = 100, Context = 32, Width = 32)]
                [Blocks<Block>(4)]
                [{|#1:PauseToken|}(BeforeBlock = 1)]
                public sealed partial class Teacher : LanguageModel;
                """,
            Student = new Sources().Student.Replace("<Teacher", "<{|#0:Teacher|}"),
        }, "The teacher 'Teacher' of 'Student' has [PauseToken] itself: use a teacher without [MixConcepts], [PauseToken] and [ConceptLabels], whose positions are the student's tokens"),
        new("CCM3010", "a plain teacher", new()),

        new("CCM3021", "more halvings than latents", new()
        {
            Sae = """
                [SparseAutoencoder(Inputs = 32, Latents = {|#1:64|}, Active = 8, Kind = SaeKind.Matryoshka, Prefixes = {|#0:8|})]
                public sealed partial class Sae : SparseAutoencoder;
                """,
        }, "'Sae' halves its Latents = 64 for Prefixes = 8 nested dictionaries, which leaves the smallest without a latent: Prefixes must be from 1 to 7"),
        new("CCM3021", "a smallest dictionary of one latent", Sae("Kind = SaeKind.Matryoshka, Prefixes = 7")),

        new("CCM3031", "two heads", Inserting("[MixConcepts<Head>(BeforeBlock = {|#1:1|})]", "[MixConcepts<Head>(BeforeBlock = {|#0:1|}, Mixing = Mixing.Add)]"),
            "'Student' has [MixConcepts] twice before block 1: give each a BeforeBlock of its own, because which enters first would be unclear"),
        new("CCM3031", "a head and a pause token", Inserting("[MixConcepts<Head>(BeforeBlock = 2)]", "[{|#0:PauseToken|}]", "[MixConcepts<Head>(BeforeBlock = {|#1:0|})]"),
            "'Student' has [MixConcepts] and [PauseToken] before block 0: give each a BeforeBlock of its own, because which enters first would be unclear"),
        new("CCM3031", "a block for each", Inserting("[MixConcepts<Head>(BeforeBlock = 2)]", "[PauseToken]", "[MixConcepts<Head>(BeforeBlock = 1)]")),

        new("CCM3032", "one head without labels", Inserting(
            "[MixConcepts<Head>(BeforeBlock = 2)]", "[{|#0:ConceptLabels|}<Teacher, Sae>(AfterBlock = 2)]", "[MixConcepts<Head>(BeforeBlock = 1)]"),
            "'Student' has 1 [ConceptLabels] for 2 [MixConcepts]: the n-th labels teach the n-th concept head, so write 2 [ConceptLabels], or none"),
        new("CCM3032", "labels too many", Inserting(
            "[MixConcepts<Head>]", "[ConceptLabels<Teacher, Sae>]", "[{|#0:ConceptLabels|}<Teacher, Sae>(AfterBlock = 2)]"),
            "'Student' has 2 [ConceptLabels] for 1 [MixConcepts]: the n-th labels teach the n-th concept head, so write 1 [ConceptLabels], or none"),
        new("CCM3032", "as many labels as heads", Inserting(
            "[MixConcepts<Head>]", "[ConceptLabels<Teacher, Sae>]", "[ConceptLabels<Teacher, Sae>(AfterBlock = 2)]", "[MixConcepts<Head>(BeforeBlock = 2)]")),

        new("CCM3033", "two teachers", TwoTeachers("[ConceptLabels<{|#1:Teacher|}, Sae>]", "[ConceptLabels<{|#0:Other|}, Sae>]"),
            "'Student' takes labels from the teachers 'Teacher' and 'Other': name one teacher in every [ConceptLabels]"),
        new("CCM3033", "one teacher", TwoTeachers("[ConceptLabels<Other, Sae>]", "[ConceptLabels<Other, Sae>(AfterBlock = 1)]")),

        new("CCM3034", "blocks with code of their own", Shifting("[Blocks<{|#1:Shift|}>(3)]\n[MixConcepts<Head>(Mixing = {|#0:Mixing.CrossAttend|})]"),
            "'Student' attends to concepts with as many heads as its blocks, but 'Shift' states none: choose another Mixing, or a block with [CausalSelfAttention]"),
        new("CCM3034", "blocks with heads", Shifting("[Blocks<Block>(3)]\n[MixConcepts<Head>(Mixing = Mixing.CrossAttend)]")),
        new("CCM3034", "another way of mixing", Shifting("[Blocks<Shift>(3)]\n[MixConcepts<Head>(Mixing = Mixing.Add)]")),
        Code("CCM4001", "a name twice", "\"D, H\"", "{|#0:\"D, H, D\"|}", "'Block' names its dimensions 'D, H, D': " + Names),
        Code("CCM4001", "no name", "\"D, H\"", "{|#0:\"\"|}", "'Block' names its dimensions '': " + Names),
        Code("CCM4001", "a number", "\"D, H\"", "{|#0:\"D, 8\"|}", "'Block' names its dimensions 'D, 8': " + Names),
        Code("CCM4001", "a value", "\"D, H\"", "{|#0:\"D, H = 8\"|}", "'Block' names its dimensions 'D, H = 8': " + Names),
        Code("CCM4001", "the size of the batch", "\"D, H\"", "names: {|#0:\"D, B\"|}", "'Block' names its dimensions 'D, B': " + Names),
        Code("CCM4001", "a keyword", "\"D, H\"", "{|#0:\"D, in\"|}", "'Block' names its dimensions 'D, in': " + Names),
        Code("CCM4001", "a comma too many", "\"D, H\"", "{|#0:\"D, H,\"|}", "'Block' names its dimensions 'D, H, ': " + Names),
        Code("CCM4001", "names of several letters", "\"D, H\"", "\" D ,H, _key_width2 \"", dims: "H = 2, _key_width2 = D/4"),

        Field("a dimension that is not there", "[Linear({|#0:\"D -> Q\"|})] private readonly Linear other;",
            "[Linear] on 'other': 'Q' names no dimension of the class: 'Q' is not among D, H"),
        Field("one size where two are", "[Linear({|#0:\"D\"|})] private readonly Linear other;",
            "[Linear] on 'other': 'D' is not two sizes with an arrow between them, as in 'D -> 4*D'"),
        Field("two arrows", "[Embedding({|#0:\"8 -> D -> H\"|})] private readonly EmbeddingTable other;",
            "[Embedding] on 'other': '8 -> D -> H' is not two sizes with an arrow between them, as in 'D -> 4*D'"),
        Field("two sizes where one is", "[LayerNorm({|#0:\"D, H\"|})] private readonly LayerNorm other;",
            "[LayerNorm] on 'other': 'D, H' is not a size such as 512, D, 4*D or D/H"),
        Field("half a product", "[RmsNorm({|#0:\"4*\"|})] private readonly RmsNorm other;",
            "[RmsNorm] on 'other': '4*' is not a size such as 512, D, 4*D or D/H"),
        Field("an open bracket", "[Size({|#0:\"(D + 2 / H\"|})] private readonly int other;",
            "[Size] on 'other': '(D + 2 / H' is not a size such as 512, D, 4*D or D/H"),
        Field("a remainder", "[Parameter({|#0:\"H, 7/2\"|})] private readonly Parameter other;",
            "[Parameter] on 'other': '7/2' divides 7 by 2, which leaves a remainder"),
        Field("a division by zero", "[Size({|#0:\"D/0\"|})] private readonly long other;",
            "[Size] on 'other': 'D/0' divides D by 0, which leaves a remainder"),
        Field("sizes of a class without dimensions", "[Module({|#0:\"D\"|})] private readonly Linear other;",
            "[Module] on 'other': its class has no [Dims], or contains this one"),
        Field("a class in itself", "[Module({|#0:\"D, H\"|})] private readonly Block other;",
            "[Module] on 'other': its class has no [Dims], or contains this one"),
        new("CCM4002", "fewer sizes than dimensions", WithPart("[Module({|#0:\"D\"|})] private readonly Part part;"),
            "[Module] on 'part': 'D' is not one size for each dimension of 'Part', which are D, F"),
        Field("every kind of size", """
            [Linear("D + 2*H - 1 -> (D + 1) * 3", Bias = false)] private readonly Linear a;
                [LayerNorm("D*H/H")] private readonly LayerNorm b;
                [RmsNorm("1_024", Epsilon = 1e-6)] private readonly RmsNorm c;
                [Embedding("512 -> D/H")] private readonly EmbeddingTable d;
                [Parameter("H, D/H", Std = 0.02)] private readonly Parameter e;
                [Size("(4*D + 2*H) / 2")] private readonly long f;
            """),
        new("CCM4002", "a part with as many sizes", WithPart("[Module(\"D, 4*D\")] private readonly Part part;")),

        Code("CCM4003", "another layer", "[Linear(\"D -> D\")] private readonly Linear", "[{|#0:Linear|}(\"D -> D\")] private readonly LayerNorm",
            "[Linear] stands on a field of type Linear, but 'inner' has type LayerNorm: change the field's type, or its attribute"),
        Code("CCM4003", "a real number", "[Size(\"D/H\")] private readonly int each", "[{|#0:Size|}(\"D/H\")] private readonly double other;\n    [Size(\"D/H\")] private readonly int each",
            "[Size] stands on a field of type int or long, but 'other' has type double: change the field's type, or its attribute"),
        Code("CCM4003", "TorchSharp's table", "[Size", "[{|#0:Embedding|}(\"8 -> D\")] private readonly Embedding table;\n    [Size",
            "[Embedding] stands on a field of type EmbeddingTable, but 'table' has type Embedding: change the field's type, or its attribute"),
        Code("CCM4003", "a long", "int each", "long each"),

        new("CCM4004", "no method", Sources.WithCode with
        {
            Block = """
                [Dims("D, H")]
                public sealed partial class {|#0:Block|} : TransformerBlock
                {
                    [Linear("D -> D")] private readonly Linear inner;
                }
                """,
        }, "'Block' has [Dims] but no forward pass: override forward, or remove [Dims]"),
        new("CCM4004", "a method of that name", Sources.WithCode with
        {
            Block = """
                [Dims("D, H")]
                public sealed partial class {|#0:Block|} : TransformerBlock
                {
                    public new Tensor forward(Tensor x) => x;
                }
                """,
        }, "'Block' has [Dims] but no forward pass: override forward, or remove [Dims]"),
        new("CCM4004", "in another part", Sources.WithCode with
        {
            Block = """
                [Dims("D, H")]
                public sealed partial class Block : TransformerBlock;
                partial class Block
                {
                    public override Tensor forward(Tensor x) => x;
                }
                """,
        }),

        Body("CCM4005", "a function that is not there", "return {|#0:x.lgamma()|};", "lgamma is not part of the language: write it with the functions that docs/language.md lists, or mark the class [Eager]"),
        Body("CCM4005", "a function by another name", "return {|#0:x.tan()|};", "tan is not part of the language: did you mean tanh?"),
        Body("CCM4005", "a change in place", "return {|#0:x.exp_()|};", "exp_ is not part of the language: nothing is changed in place, write exp and use its result"),
        Body("CCM4005", "a decision by values", "return (bool)({|#0:x.sum() > 0|}) ? x : -x;",
            "a tensor's values cannot decide what is compiled: use where(), masked_fill() or a product with a mask"),
        Body("CCM4005", "a field without an attribute", "return x * {|#0:scale|};\n    }\n    private float scale = 2;\n    private void unused()\n    {",
            "'scale' is not known when the model is compiled: make it const, or give the field an attribute such as [Linear(\"D -> D\")] or [Size(\"D\")]"),
        Body("CCM4005", "a layer made on the way", "return {|#0:new RmsNorm(8, 1e-5)|}.call(x);",
            "'new RmsNorm(8, 1e-5)' is not part of the language: make it a field with an attribute such as [Linear(\"D -> D\")] or [Parameter(\"D\")]"),
        Body("CCM4005", "a decision by the size of a batch", "while ({|#0:x.shape[0] > 8|}) x = x + x;\n        return x;",
            "> needs a number here, and B changes from batch to batch"),
        Body("CCM4005", "a decision by the length of a sequence", "return {|#0:x.shape[1] > 8|} ? x : -x;",
            "> needs a number here, and T changes from batch to batch"),
        Body("CCM4005", "another class's method", "return {|#0:Other.Twice(x)|};\n    }\n    private static class Other\n    {\n        public static Tensor Twice(Tensor x) => x + x;",
            "'Other.Twice(x)' is not part of the language: write what it computes in a method of this class, or use TorchSharp's functions"),
        Body("CCM4005", "in a method of the class", "return twice(x);\n    }\n    private static Tensor twice(Tensor x)\n    {\n        return {|#0:x.lgamma()|};",
            "lgamma is not part of the language: write it with the functions that docs/language.md lists, or mark the class [Eager]"),
        Body("CCM4005", "a method without an end", "return again(x);\n    }\n    private static Tensor again(Tensor x)\n    {\n        return {|#0:again(x + x)|};",
            "again calls itself: write a loop"),
        Body("CCM4005", "what the language has", """
            var parts = new[] { x, x * 2 };
                    foreach (var part in parts) if (each > 1) x = x + twice(part);
                    return x;

                    static Tensor twice(Tensor y) => y + y;
            """),

        Body("CCM4006", "a product", "return {|#0:x.matmul(x)|};", "matmul cannot multiply [B, T, D] with [B, T, D]: D columns, not T rows"),
        Body("CCM4006", "another width into a layer", "return {|#0:inner.call(cat(new[] { x, x }, -1))|};", "linear cannot multiply [B, T, 2*D] with the weight [D, D]: 2 * D inputs, not D"),
        Body("CCM4006", "a sum", "return {|#0:x + inner.call(x).narrow(2, 0, 1).expand(-1, -1, each)|};", "add cannot broadcast [B, T, D] with [B, T, D/H]"),
        Body("CCM4006", "an axis", "return {|#0:x.softmax(3)|};", "axis 3 is not among the 3 axes of [B, T, D]"),
        Code("CCM4006", "another shape out", $"forward(Tensor x)\n    {{\n        {Statements}", "{|#0:forward|}(Tensor x)\n    {\n        return x.mean(new long[] { 1 });",
            "In 'Block', forward returns [B, D], but must return [B, T, D], the shape of its input"),
        new("CCM4006", "of a part", WithPart("[Module(\"D, 3*H\")] private readonly Part part;", "return {|#0:part.call(x.narrow(2, 0, 1))|};"),
            "In 'Block', in 'Part', linear cannot multiply [B, T, 1] with the weight [3*H, D]: 1 inputs, not D"),
        Body("CCM4006", "shapes that fit", "return x + inner.call(x.mean(new long[] { 1 }, keepdim: true));"),

        Bound("no value", "[Blocks<{|#0:Block|}>(3)]", "H of 'Block' has no value: write Dims = \"H = 8\""),
        Bound("another dimension", "[Blocks<Block>(3, Dims = {|#0:\"K = 2\"|})]", "'K' is not a dimension of 'Block' that takes a value: it has H"),
        Bound("the width", "[Blocks<Block>(3, Dims = {|#0:\"D = 48, H = 2\"|})]", "'D' is not a dimension of 'Block' that takes a value: it has H"),
        Bound("no number", "[Blocks<Block>(3, Dims = {|#0:\"H\"|})]", "'H' is not a dimension and its value, as in 'H = 8'"),
        Bound("half a sum", "[Blocks<Block>(3, Dims = {|#0:\"H = D +\"|})]", "'D +' is not a size such as 512, D, 4*D or D/H"),
        Bound("a remainder", "[Blocks<Block>(3, Dims = {|#0:\"H = D/7\"|})]", "'D/7' divides 48 by 7, which leaves a remainder"),
        Bound("a block without dimensions to bind", "[Blocks<Plain>(3, Dims = {|#0:\"H = 2\"|})]", "'Plain' has no dimension to give a value: D is the width"),
        Bound("a value in other dimensions", "[Blocks<Block>(3, Dims = \"H = D/24\")]"),
        Bound("one dimension", "[Blocks<Plain>(3)]"),

        Fits("a size with a remainder", "H = 5", Statements, "'D/H' divides 48 by 5, which leaves a remainder"),
        Fits("a size that its code refuses", "H = 16", "if (each % 2 == 1) {|#1:throw|} new ArgumentException();\n        return x;", "this throws for the sizes of the model"),
        Fits("too few items", "H = 16", "return x + {|#1:x.unflatten(2, new long[] { -1, each }).unbind(3)[3]|}.repeat(1, 1, each);", "there is no item 3 among 3"),
        Fits("a parameter without numbers", "H = 48", Statements, "the parameter other.weight would be [0, 48]", "[Linear(\"D -> D - H\")] private readonly Linear other;"),
        Code("CCM4008", "numbers that fit", "H = 2", "H = 2", dims: "H = D/4"),

        new("CCM4009", "both", Averaging("[{|#1:CausalSelfAttention|}(HeadDim = 16)]\n[{|#0:Attention|}<Averages>]"),
            "'Block' has both [CausalSelfAttention] and [Attention]: keep one of them"),
        new("CCM4009", "one of one's own", Averaging("[Attention<Averages>]")),
        new("CCM4010", "mixing", Shifted(", Eager", "{|#0:Shift|}"), Eager),
        new("CCM4010", "a field of mixing", Shifted("", "{|#0:Shift|}", ", Eager"), Eager),
        new("CCM4010", "mixing that is read", Shifted("", "Shift")),
    ];

    private static Sources Averaging(string attention) => new()
    {
        Usings = Sources.WithCode.Usings,
        Block = $$"""
            [Dims("D")]
            public sealed partial class Averages : TransformerBlock
            {
                [Linear("D -> D")] private readonly Linear project;
                public override Tensor forward(Tensor x) => project.call(x).cumsum(1);
            }

            [PreNorm(Norm.LayerNorm)]
            {{attention}}
            [FeedForward(Expansion = 4)]
            public sealed partial class Block : TransformerBlock;
            """,
    };

    private static Sources Shifted(string eager, string mixing, string part = "") => new()
    {
        Usings = Sources.WithCode.Usings,
        Head = $$"""
            [Dims("D"){{eager}}]
            public sealed class Shift : nn.Module<Tensor, Tensor, Tensor>
            {
                [Module("D")] private readonly Projection project;
                public Shift(long width) : base("Shift") => project = new(width);
                public override Tensor forward(Tensor h, Tensor c) => h + project.call(c);
            }

            [Dims("D"){{part}}]
            public sealed class Projection : nn.Module<Tensor, Tensor>
            {
                [Linear("D -> D")] private readonly Linear linear;
                public Projection(long width) : base("Projection") => linear = nn.Linear(width, width);
                public override Tensor forward(Tensor x) => linear.call(x);
            }

            {{new Sources().Head}}
            """,
        Student = new Sources().Student.Replace("<Head>", $"<Head, {mixing}>"),
    };

    private static RuleCase Size(string name, string sizes, string? message = null, string blocks = "3") => new("CCM1004", name, new()
    {
        Student = $"{sizes}\n[Blocks<Block>({blocks})]\n{SoundStudent}",
    }, message);

    private static RuleCase Unusable(string name, string block, string type, string why) => new("CCM3009", name, new()
    {
        Student = new Sources().Student.Replace("<Block>", $"<{{|#0:{block}|}}>"),
    }, $"'Student' cannot be built from '{type}': {why}");

    private static RuleCase Form(string name, string declaration, string form) => new("CCM1006", name, new()
    {
        Student = $"[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\n[Blocks<Block>(3)]\n{declaration}",
    }, $"'Student' is {form}: a declaration must be a top-level class that is neither generic, abstract nor file-local");

    private static Sources Norm(string norm) => new() { Block = new Sources().Block.Replace("[PreNorm(Norm.LayerNorm)]", norm) };

    private static RuleCase FinalNorm(string id, string name, string norm, string? message = null) =>
        new(id, name, new() { Student = new Sources().Student.Replace("(3)]", $"(3)]\n{norm}") }, message);

    private static Sources Attention(string attention) => new() { Block = new Sources().Block.Replace("[CausalSelfAttention(HeadDim = 16)]", attention) };

    private static Sources Feed(string feed) => new() { Block = new Sources().Block.Replace("[FeedForward(Expansion = 4)]", feed) };

    private static Sources Sae(string settings) => new() { Sae = new Sources().Sae.Replace("Active = 8", $"Active = 8, {settings}") };

    private static Sources Loss(string weight) => new() { Head = new Sources().Head.Replace("Active = 8", $"Active = 8, {weight}") };

    private static Sources Labels(string labels) => new() { Student = new Sources().Student.Replace("AfterBlock = 2, Count = 4", labels) };

    private static Sources Mixing(string mixing, string blocks) => new()
    {
        Student = new Sources().Student.Replace("BeforeBlock = 1", mixing).Replace("(3)", $"({blocks})"),
    };

    private static Sources Inserting(params string[] insertions) => new()
    {
        Student = $"[LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]\n[Blocks<Block>(3)]\n{string.Join("\n", insertions)}\n{SoundStudent}",
    };

    private static Sources Shifting(string parts) => new()
    {
        Student = $$"""
            [Dims("D")]
            public sealed partial class Shift : TransformerBlock
            {
                [Linear("D -> D")] private readonly TorchSharp.Modules.Linear shift;

                public override TorchSharp.torch.Tensor forward(TorchSharp.torch.Tensor x) => x + shift.call(x);
            }

            [LanguageModel(Vocabulary = 100, Context = 16, Width = 48)]
            {{parts}}
            {{SoundStudent}}
            """,
    };

    private static Sources TwoTeachers(params string[] labels) => Inserting([.. labels, "[MixConcepts<Head>]", "[MixConcepts<Head>(BeforeBlock = 1)]"]) with
    {
        Teacher = new Sources().Teacher + "\n\n" + new Sources().Teacher.Replace("class Teacher", "class Other"),
    };

    private static Sources Body(string members) => new()
    {
        Student = new Sources().Student.Replace("LanguageModel;", $"LanguageModel\n{{\n    {members}\n}}"),
    };

    private static RuleCase Code(string id, string name, string replaced, string by, string? message = null, string dims = "H = 2") => new(id, name, Sources.WithCode with
    {
        Block = Sources.WithCode.Block.Replace(replaced, by),
        Teacher = Sources.WithCode.Teacher.Replace("H = 2", dims),
        Student = Sources.WithCode.Student.Replace("H = 2", dims),
    }, message);

    private static RuleCase Field(string name, string fields, string? message = null) =>
        Code("CCM4002", name, "[Size(\"D/H\")]", $"{fields}\n    [Size(\"D/H\")]", message);

    private static RuleCase Body(string id, string name, string statements, string? mistake = null) =>
        Code(id, name, Statements, statements, mistake is null ? null : $"In 'Block', {mistake}");

    private static RuleCase Fits(string name, string dims, string statements, string mistake, string field = "") => new("CCM4008", name, Sources.WithCode with
    {
        Usings = $"using System;\n{Sources.WithCode.Usings}",
        Block = Sources.WithCode.Block.Replace(Statements, statements).Replace("[Size", $"{field}\n    [Size"),
        Student = Sources.WithCode.Student.Replace("Block>(3, Dims = \"H = 2\"", $"{{|#0:Block|}}>(3, Dims = \"{dims}\""),
    }, $"'Block' does not fit 'Student', where D = 48, {dims}: {mistake}");

    private static RuleCase Bound(string name, string blocks, string? mistake = null) => new("CCM4007", name, Sources.WithCode with
    {
        Block = Sources.WithCode.Block + "\n\n" + Sources.WithCode.Block.Replace("class Block", "class Plain").Replace("D, H", "D").Replace("D/H", "D/2"),
        Student = Sources.WithCode.Student.Replace("[Blocks<Block>(3, Dims = \"H = 2\")]", blocks),
    }, mistake is null ? null : $"In 'Student', {mistake}");

    private static Sources WithPart(string field, string statements = Statements) => Sources.WithCode with
    {
        Block = Sources.WithCode.Block.Replace("[Size", $"{field}\n    [Size").Replace(Statements, statements) + """


            [Dims("D, F")]
            public sealed partial class Part : TransformerBlock
            {
                [Linear("D -> F")] private readonly Linear up;
                [Linear("F -> D")] private readonly Linear down;

                public override Tensor forward(Tensor x) => down.call(up.call(x).relu());
            }
            """,
    };
}
