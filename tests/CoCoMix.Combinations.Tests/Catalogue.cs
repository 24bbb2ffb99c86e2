namespace CoCoMix.Combinations.Tests;

/// <summary>
/// The language's attributes and what each of their arguments may be. An option that is added to the language is added here, and nowhere
/// else in these tests; one that is forgotten fails them.
/// </summary>
internal static class Catalogue
{
    public static IReadOnlyList<Choices> Block(int width) =>
    [
        new("PreNorm", Positional("Norm", "Norm.LayerNorm", "Norm.RmsNorm"), Of("Epsilon", null, "1e-4", "1e-2")),
        new("CausalSelfAttention", [.. Of("Heads", Divisors(width)), .. Of("HeadDim", Divisors(width))], Flag("Bias")),
        new("FeedForward", Of("Expansion", null, "1", "2", "3"), Any<Activation>("Activation"), Flag("Gated"), Flag("Bias")),
    ];

    public static IReadOnlyList<Choices> Sae(Sizes sizes) =>
    [
        new("SparseAutoencoder", Of("Inputs", sizes.TeacherWidth), Of("Latents", sizes.Concepts), Of("Active", sizes.ActiveLatents)),
    ];

    public static IReadOnlyList<Choices> Head(Sizes sizes) =>
    [
        new("ConceptHead", Of("Concepts", sizes.Concepts), Of("Active", "1", "3", "7"), Of("LossWeight", null, "0", "0.3", "2")),
    ];

    public static IReadOnlyList<Choices> Teacher(Sizes sizes) =>
        Model(sizes.Vocabulary, sizes.Context + sizes.TeacherContextBeyond, sizes.TeacherWidth, "TeacherBlock", sizes.TeacherBlocks);

    public static IReadOnlyList<Choices> Student(Sizes sizes) => Model(sizes.Vocabulary, sizes.Context, sizes.Width, "Block", sizes.Blocks);

    public static IReadOnlyList<Choices> Mixing(Sizes sizes) =>
        [new("MixConcepts<Head>", Index("BeforeBlock", sizes.Blocks), Any<Mixing>("Mixing"))];

    public static IReadOnlyList<Choices> Labels(Sizes sizes) =>
    [
        new("ConceptLabels<Teacher, Sae>", Index("AfterBlock", sizes.TeacherBlocks), Of("Count", null, "1", "2", "4"), Any<Selection>("Selection")),
    ];

    private static IReadOnlyList<Choices> Model(int vocabulary, int context, int width, string block, int blocks) =>
    [
        new("LanguageModel", Of("Vocabulary", vocabulary), Of("Context", context), Of("Width", width),
            Flag("TiedHead"), Of("LogitSoftCap", null, null, "5", "30"), Of("ZLoss", null, null, "1e-3", "0.1")),
        new($"Blocks<{block}>", Positional("Count", $"{blocks}")),
        new("FinalNorm", Positional("Norm", Members<Norm>()), Of("Epsilon", null, "1e-4", "1e-2")) { IsOptional = true },
    ];

    private static Argument?[] Of(string property, params IEnumerable<string?> values) =>
        [.. values.Select(value => value is null ? null : new Argument(property, value))];

    private static Argument?[] Of(string property, int value) => Of(property, $"{value}");

    private static Argument?[] Positional(string property, params IEnumerable<string> values) =>
        [.. values.Select(value => new Argument(property, value, IsPositional: true))];

    private static Argument?[] Flag(string property) => Of(property, null, "true", "false");

    private static Argument?[] Any<T>(string property) where T : struct, Enum => Of(property, [null, .. Members<T>()]);

    private static Argument?[] Index(string property, int count) => Of(property, [null, .. Enumerable.Range(0, count).Select(index => $"{index}")]);

    private static IEnumerable<string> Members<T>() where T : struct, Enum => Enum.GetNames<T>().Select(name => $"{typeof(T).Name}.{name}");

    private static IEnumerable<string> Divisors(int width) => Enumerable.Range(1, width).Where(size => width % size == 0).Select(size => $"{size}");
}

/// <summary>What the classes of a combination must agree on.</summary>
internal sealed record Sizes(
    int Vocabulary, int Context, int Width, int Blocks, int Concepts, int TeacherContextBeyond, int TeacherWidth, int TeacherBlocks, int ActiveLatents)
{
    public static Sizes Draw(Random random)
    {
        int[] widths = [8, 12, 16, 18, 24];
        return new(
            Vocabulary: random.Next(20, 26), Context: random.Next(5, 13), Width: widths[random.Next(widths.Length)], Blocks: random.Next(1, 4),
            Concepts: random.Next(7, 20), TeacherContextBeyond: random.Next(3), TeacherWidth: widths[random.Next(widths.Length)],
            TeacherBlocks: random.Next(1, 4), ActiveLatents: random.Next(4, 7));
    }
}

/// <summary>An attribute, and for each place in it what may stand there; null is nothing.</summary>
internal sealed record Choices(string Attribute, params IReadOnlyList<Argument?>[] Places)
{
    public bool IsOptional { get; init; }
}

/// <summary>An argument as it is written, and the property that it sets.</summary>
internal sealed record Argument(string Property, string Value, bool IsPositional = false)
{
    public override string ToString() => IsPositional ? Value : $"{Property} = {Value}";
}
