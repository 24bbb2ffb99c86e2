namespace CoCoMix.Generators.Tests;

internal static partial class RuleCases
{
    /// <summary>CCM2xxx: the shapes that attributes give.</summary>
    private static RuleCase[] Shape =>
    [
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
    ];
}
