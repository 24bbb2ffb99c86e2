namespace CoCoMix.Generators.Tests;

internal static partial class RuleCases
{
    /// <summary>CCM3xxx: how declarations fit together.</summary>
    private static RuleCase[] Composition =>
    [
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
        }, "'Student' reads its teacher after block 4, but 'Teacher' has 4 blocks: AfterBlock must be from 0 to 3"),
        new("CCM3005", "hidden states past the teacher's last block", Inserting("[MixConcepts<Head>]", "[RegressHiddenStates<Teacher>(AfterBlock = {|#0:4|})]") with
        {
            Head = new Sources().Head.Replace("64", "32"), Teacher = new Sources().Teacher.Replace("(4)", "({|#1:4|})"),
        }, "'Student' reads its teacher after block 4, but 'Teacher' has 4 blocks: AfterBlock must be from 0 to 3"),
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
        }, "The teacher 'Teacher' has Vocabulary = 99, but 'Student' has Vocabulary = 100: both must be the same, but for padding to a multiple of 64, because the teacher reads the student's tokens"),
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
            "'Student' learns from the teachers 'Teacher' and 'Other': name one teacher in all of its attributes"),
        new("CCM3033", "another teacher to distil", Inserting("[MixConcepts<Head>]", "[ConceptLabels<{|#1:Teacher|}, Sae>]", "[Distill<{|#0:Other|}>]") with
        {
            Teacher = new Sources().Teacher + "\n\n" + new Sources().Teacher.Replace("class Teacher", "class Other"),
        }, "'Student' learns from the teachers 'Teacher' and 'Other': name one teacher in all of its attributes"),
        new("CCM3033", "one teacher", TwoTeachers("[ConceptLabels<Other, Sae>]", "[ConceptLabels<Other, Sae>(AfterBlock = 1)]")),

        new("CCM3034", "blocks with code of their own", Shifting("[Blocks<{|#1:Shift|}>(3)]\n[MixConcepts<Head>(Mixing = {|#0:Mixing.CrossAttend|})]"),
            "'Student' attends to concepts with as many heads as its blocks, but 'Shift' states none: choose another Mixing, or a block with [CausalSelfAttention]"),
        new("CCM3034", "blocks with heads", Shifting("[Blocks<Block>(3)]\n[MixConcepts<Head>(Mixing = Mixing.CrossAttend)]")),
        new("CCM3034", "another way of mixing", Shifting("[Blocks<Shift>(3)]\n[MixConcepts<Head>(Mixing = Mixing.Add)]")),

        new("CCM3035", "neither mixed nor labelled", Inserting("[MixConcepts<Head>]", "[MixConcepts<Head>(BeforeBlock = 1, Mixing = {|#0:Mixing.None|})]"),
            "'Student' lets the concepts of 'Head' enter nowhere and has no labels for them, so the head would do nothing: add [ConceptLabels<TTeacher, TSae>], or choose another Mixing"),
        new("CCM3035", "labelled", Inserting("[MixConcepts<Head>(BeforeBlock = 1, Mixing = Mixing.None)]", "[ConceptLabels<Teacher, Sae>]")),

        new("CCM3041", "a padded teacher", new()
        {
            Teacher = new Sources().Teacher.Replace("Vocabulary = 100", "Vocabulary = {|#1:128|}"),
            Student = Inserting("[Distill<{|#0:Teacher|}>]").Student.Replace("Vocabulary = 100", "Vocabulary = {|#2:100|}"),
        },
            "'Student' distils 'Teacher', whose Vocabulary is 128 and not 100: distillation compares all logits of the two, so set the vocabularies to the same size"),
        new("CCM3041", "one vocabulary", Inserting("[Distill<Teacher>(Weight = 0.5)]", "[PauseToken(BeforeBlock = 1)]")),
        new("CCM3041", "another teacher for labels", TwoTeachers("[ConceptLabels<Teacher, Sae>]", "[ConceptLabels<Teacher, Sae>(AfterBlock = 1)]", "[Distill<Teacher>]")),

        new("CCM3042", "no head", Inserting("[{|#0:RegressHiddenStates|}<Teacher>(AfterBlock = 1)]"),
            "'Student' regresses hidden states with 0 [MixConcepts] and 0 [ConceptLabels]: its only concept head predicts them, so write one [MixConcepts] and no [ConceptLabels]"),
        new("CCM3042", "labels beside", Inserting("[MixConcepts<Head>]", "[ConceptLabels<Teacher, Sae>]", "[{|#0:RegressHiddenStates|}<Teacher>(AfterBlock = 1)]"),
            "'Student' regresses hidden states with 1 [MixConcepts] and 1 [ConceptLabels]: its only concept head predicts them, so write one [MixConcepts] and no [ConceptLabels]"),

        new("CCM3042", "one head", Inserting("[MixConcepts<Head>]", "[RegressHiddenStates<Teacher>(AfterBlock = 1)]") with { Head = new Sources().Head.Replace("64", "32") }),

        new("CCM3043", "a head as wide as an autoencoder", Inserting("[MixConcepts<{|#0:Head|}>]", "[RegressHiddenStates<Teacher>]") with
        {
            Head = new Sources().Head.Replace("64", "{|#1:64|}"), Teacher = new Sources().Teacher.Replace("Width = 32", "Width = {|#2:32|}"),
        }, "'Student' regresses hidden states of 'Teacher', whose Width is 32, with 'Head', whose Concepts is 64: set Concepts of 'Head' to 32"),
        new("CCM3043", "a head as wide as the teacher", Inserting("[MixConcepts<Head>]", "[RegressHiddenStates<Teacher>(AfterBlock = 3, Distance = Distance.Cosine)]") with
        {
            Head = new Sources().Head.Replace("64", "32"),
        }),
    ];

    private static RuleCase Unusable(string name, string block, string type, string why) => new("CCM3009", name, new()
    {
        Student = new Sources().Student.Replace("<Block>", $"<{{|#0:{block}|}}>"),
    }, $"'Student' cannot be built from '{type}': {why}");

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
}
