namespace CoCoMix.Generators.Tests;

internal static partial class RuleCases
{
    private const string Eager = "'Shift' is [Eager], or has a field that is, which only blocks and the parts of blocks can: remove [Eager]";

    private const string Names = "write names with commas between them, none twice and none of them B, T or a keyword of C#, as in \"D, H\"";

    private const string Statements = """
        var heads = inner.call(x).view(x.shape[0], x.shape[1], -1, each);
                return x + heads.softmax(-1).flatten(2);
        """;

    /// <summary>CCM4xxx: code of their own.</summary>
    private static RuleCase[] OwnCode =>
    [
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
        Field("sizes of a class without dimensions", "[Module({|#0:\"D\"|})] private readonly Linear other;", "[Module] on 'other': its class has no [Dims]"),
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

        Body("CCM4006", "a slice", "return x + {|#0:{|#1:inner.call(x).chunk(3, -1)|}[3]|};", "there is no item 3 among 3"),
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
        Fits("too few items", "H = 16", "return x + {|#1:{|#2:x.unflatten(2, new long[] { -1, each }).unbind(3)|}[3]|}.repeat(1, 1, each);", "there is no item 3 among 3"),
        Fits("a parameter without numbers", "H = 48", Statements, "the parameter other.weight would be [0, 48]", "[Linear(\"D -> D - H\")] private readonly Linear other;"),
        Code("CCM4008", "numbers that fit", "H = 2", "H = 2", dims: "H = D/4"),

        new("CCM4009", "both", Averaging("[{|#1:CausalSelfAttention|}(HeadDim = 16)]\n[{|#0:Attention|}<Averages>]"),
            "'Block' has both [CausalSelfAttention] and [Attention]: keep one of them"),
        new("CCM4009", "one of one's own", Averaging("[Attention<Averages>]")),
        new("CCM4010", "mixing", Shifted(", Eager", "{|#0:Shift|}"), Eager),
        new("CCM4010", "a field of mixing", Shifted("", "{|#0:Shift|}", ", Eager"), Eager),
        new("CCM4010", "mixing that is read", Shifted("", "Shift")),

        Code("CCM4011", "a class in itself", "[Size(\"D/H\")]", "[Module(\"D, H\")] private readonly Block {|#0:other|};\n    [Size(\"D/H\")]",
            "'other' of 'Block' makes 'Block' contain itself (Block > Block): no such module could be built, so name another class"),
        new("CCM4011", "a block among its own parts", Feed("[FeedForward<{|#0:Block|}>(Dims = \"\")]") with { Student = "", Teacher = "" },
            "'[FeedForward]' of 'Block' makes 'Block' contain itself (Block > Block): no such module could be built, so name another class"),
        new("CCM4011", "a model of models", new() { Student = new Sources().Student.Replace("<Block>", "<{|#0:Student|}>") },
            "'[Blocks]' of 'Student' makes 'Student' contain itself (Student > Student): no such module could be built, so name another class"),
        new("CCM4011", "a part", WithPart("[Module(\"D, 4*D\")] private readonly Part part;")),
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
