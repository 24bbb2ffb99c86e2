namespace CoCoMix.Combinations.Tests;

/// <summary>
/// The language's attributes and what each of their arguments may be. An option that is added to the language is added here, and nowhere
/// else in these tests; one that is forgotten fails them.
/// </summary>
internal static class Catalogue
{
    public static IReadOnlyList<Slot> Block(BlockSizes sizes) =>
    [
        new([Norm("PreNorm")], [Norm("PreNorm"), new("Parallel")], [Norm("PostNorm")]),
        new Choices("CausalSelfAttention", [.. Of("Heads", sizes.Heads), .. Of("HeadDim", sizes.HeadDim)],
            Of("KeyValueHeads", null, "0", $"{sizes.KeyValueHeads}"), Flag("QueryKeyNorm"), Of("Window", null, null, "0", "1", "3", "100"), Flag("Bias")),
        new Choices("FeedForward", Of("Expansion", null, "1", "2", "3"), Any<Activation>("Activation"), Flag("Gated"), Flag("Bias")),
    ];

    public static IReadOnlyList<Slot> Sae(Sizes sizes, int concepts)
    {
        var sparsity = Of("Sparsity", null, "0", "0.1");
        return
        [
            new(
                Sae(null), Sae(SaeKind.TopK), Sae(SaeKind.BatchTopK), Sae(SaeKind.ReluL1, sparsity),
                Sae(SaeKind.JumpRelu, sparsity, Of("Bandwidth", null, "0.1", "1")), Sae(SaeKind.Gated, sparsity),
                Sae(SaeKind.Matryoshka, Of("Prefixes", "1", "2", "3"))),
        ];

        Choices[] Sae(SaeKind? kind, params IReadOnlyList<Argument?[]> settings) =>
        [
            new("SparseAutoencoder",
                [Of("Inputs", sizes.TeacherBlock.Width), Of("Latents", concepts), Of("Active", sizes.ActiveLatents), Of("Kind", Stated(kind)), .. settings]),
        ];

        string? Stated(SaeKind? kind) => kind is null ? null : $"SaeKind.{kind}";
    }

    public static IReadOnlyList<Slot> Head(int concepts) =>
        [new Choices("ConceptHead", Of("Concepts", concepts), Of("Active", "1", "3", "7"), Of("LossWeight", null, "0", "0.3", "2"))];

    public static IReadOnlyList<Slot> Teacher(Sizes sizes) =>
        Model(sizes.Vocabulary, sizes.Context + sizes.TeacherContextBeyond, sizes.TeacherBlock, "TeacherBlock", sizes.TeacherBlocks);

    public static IReadOnlyList<Slot> Student(Sizes sizes) => Model(sizes.Vocabulary, sizes.Context, sizes.Block, "Block", sizes.Blocks);

    /// <summary>Concepts that nothing teaches enter somewhere.</summary>
    public static Slot Mixing(int head, int beforeBlock, bool isTaught) => new Choices($"MixConcepts<Head{head}>", Index("BeforeBlock", beforeBlock),
        [.. Any<Mixing>("Mixing").Where(mixing => isTaught || mixing?.Value != "Mixing.None")]);

    public static Slot Pause(int beforeBlock) => new Choices("PauseToken", Index("BeforeBlock", beforeBlock));

    public static Slot Distillation => new Choices("Distill<Teacher>", Of("Weight", null, "0", "0.3", "2"));

    public static Slot Regression(Sizes sizes) => new Choices("RegressHiddenStates<Teacher>", AfterBlock(sizes), Any<Distance>("Distance"));

    public static Slot Labels(Sizes sizes, int sae) => new Choices($"ConceptLabels<Teacher, Sae{sae}>", AfterBlock(sizes), Of("Count", null, "1", "2", "4"),
        Any<Selection>("Selection"));

    private static Argument?[] AfterBlock(Sizes sizes) => Of("AfterBlock", [null, .. Enumerable.Range(0, sizes.TeacherBlocks).Select(index => $"{index}")]);

    private static IReadOnlyList<Slot> Model(int vocabulary, int context, BlockSizes sizes, string block, int blocks) =>
    [
        new Choices("LanguageModel", Of("Vocabulary", vocabulary), Of("Context", context), Of("Width", sizes.Width),
            Of("Positions", [null, .. Members<Positions>().Where(positions => positions != "Positions.Rotary" || sizes.HeadDim % 2 == 0)]),
            Of("RotaryBase", null, "100", "1e6"), Of("Dropout", null, null, "0.1", "0.4"),
            Flag("TiedHead"), Of("LogitSoftCap", null, null, "5", "30"), Of("ZLoss", null, null, "1e-3", "0.1")),
        new Choices($"Blocks<{block}>", Positional("Count", $"{blocks}")),
        new([], [new("FinalNorm", Positional("Norm", Members<Norm>()), Of("Epsilon", null, "1e-4", "1e-2"))]),
        new([], [new("Budget", Of("GiB", "24", "0.5"), Of("BatchTokens", "1", "64"))]),
    ];

    private static Choices Norm(string attribute) => new(attribute, Positional("Norm", "Norm.LayerNorm", "Norm.RmsNorm"), Of("Epsilon", null, "1e-4", "1e-2"));

    private static Argument?[] Of(string property, params IEnumerable<string?> values) =>
        [.. values.Select(value => value is null ? null : new Argument(property, value))];

    private static Argument?[] Of(string property, int value) => Of(property, $"{value}");

    private static Argument?[] Positional(string property, params IEnumerable<string> values) =>
        [.. values.Select(value => new Argument(property, value, IsPositional: true))];

    private static Argument?[] Flag(string property) => Of(property, null, "true", "false");

    private static Argument?[] Any<T>(string property) where T : struct, Enum => Of(property, [null, .. Members<T>()]);

    /// <summary>The first need not be stated.</summary>
    private static Argument?[] Index(string property, int index) => index == 0 ? Of(property, null, "0") : Of(property, index);

    private static IEnumerable<string> Members<T>() where T : struct, Enum => Enum.GetNames<T>().Select(name => $"{typeof(T).Name}.{name}");
}

/// <summary>What the classes of a combination must agree on.</summary>
/// <param name="Concepts">Of each head, in the order of their attributes.</param>
/// <param name="MixBefore">The block before which each head stands.</param>
/// <param name="PauseBefore">The blocks before which pause tokens stand.</param>
internal sealed record Sizes(
    int Vocabulary, int Context, BlockSizes Block, int Blocks, IReadOnlyList<int> Concepts, IReadOnlyList<int> MixBefore, IReadOnlyList<int> PauseBefore,
    int TeacherContextBeyond, BlockSizes TeacherBlock, int TeacherBlocks, int ActiveLatents)
{
    public static Sizes Draw(Random random)
    {
        var blocks = random.Next(1, 5);
        var free = Enumerable.Range(0, blocks).ToArray();
        random.Shuffle(free);
        int[] counts = [0, 1, 1, 1, 2, 3];
        var heads = Math.Min(blocks, counts[random.Next(counts.Length)]);
        var pauses = random.Next(3) == 0 ? random.Next(blocks - heads + 1) : 0;
        return new(
            Vocabulary: random.Next(20, 26), Context: random.Next(5, 13), BlockSizes.Draw(random), blocks,
            [.. Enumerable.Range(0, heads).Select(_ => random.Next(7, 20))], free[..heads], free[heads..(heads + pauses)],
            TeacherContextBeyond: random.Next(3), BlockSizes.Draw(random), TeacherBlocks: random.Next(1, 4), ActiveLatents: random.Next(4, 7));
    }
}

/// <summary>What a block and its model must agree on.</summary>
internal sealed record BlockSizes(int Width, int Heads, int KeyValueHeads)
{
    public int HeadDim => Width / Heads;

    public static BlockSizes Draw(Random random)
    {
        int[] widths = [8, 12, 16, 18, 24];
        var width = widths[random.Next(widths.Length)];
        var heads = Divisor(width);
        return new(width, heads, Divisor(heads));

        int Divisor(int number)
        {
            int[] all = [.. Enumerable.Range(1, number).Where(size => number % size == 0)];
            return all[random.Next(all.Length)];
        }
    }
}

/// <summary>A place on a class, and the sets of attributes that may stand there.</summary>
internal sealed record Slot(params IReadOnlyList<Choices[]> Alternatives)
{
    public static implicit operator Slot(Choices only) => new([only]);
}

/// <summary>An attribute, and for each place in it what may stand there; null is nothing.</summary>
internal sealed record Choices(string Attribute, params IReadOnlyList<Argument?[]> Places);

/// <summary>An argument as it is written, and the property that it sets.</summary>
internal sealed record Argument(string Property, string Value, bool IsPositional = false)
{
    public override string ToString() => IsPositional ? Value : $"{Property} = {Value}";
}
