namespace CoCoMix.Generators.Tests;

internal static partial class RuleCases
{
    /// <summary>CCM3011, CCM41xx and CCM5xxx: the length of the stream, and what is no error.</summary>
    private static RuleCase[] Remarks =>
    [
        Stream("a table of positions", "Context = {|#2:16|}", "return x + {|#1:table[..(int)x.shape[1]]|};", "8",
            "'Student' runs 'Block' on up to 32 positions (16 tokens and what is interleaved with them), but 32 of them are taken here from an axis of 8: give the axis 32, or shorten Context of 'Student' to at most 4"),
        Stream("rows by number", "Context = {|#2:16|}", "return x + {|#1:table.index_select(0, arange(x.shape[1]))|};", "24",
            "'Student' runs 'Block' on up to 32 positions (16 tokens and what is interleaved with them), but 32 of them are taken here from an axis of 24: give the axis 32, or shorten Context of 'Student' to at most 12"),
        Stream("a table as long as the stream", "Context = 16", "return x + table[..(int)x.shape[1]];", "32"),

        Body("CCM4101", "the first axis", "return x + {|#0:x.softmax({|#1:0|})|};",
            "softmax normalises axis 0 of [B, T, D], which is the batch, so that the examples of a batch change each other: take one of its own axes, such as the last, -1"),
        Body("CCM4101", "in logarithms", "return x + {|#0:x.log_softmax({|#1:-3|})|};",
            "log_softmax normalises axis 0 of [B, T, D], which is the batch, so that the examples of a batch change each other: take one of its own axes, such as the last, -1"),
        Body("CCM4101", "positions", "return x + x.softmax(1);"),

        Body("CCM4102", "one after the other", "return x + {|#0:{|#1:x.softmax(-1)|}.log()|};",
            "log of a softmax of [B, T, D] is -infinity where a probability rounds to 0, and has no gradient there: write log_softmax"),
        Body("CCM4102", "through a variable", "var p = {|#1:nn.functional.softmax(x, -1)|};\n        return x + {|#0:log(p)|};",
            "log of a softmax of [B, T, D] is -infinity where a probability rounds to 0, and has no gradient there: write log_softmax"),
        Body("CCM4102", "log_softmax", "return x + x.log_softmax(-1);"),

        Body("CCM4103", "over queries", "return x + {|#1:{|#0:x.matmul(x.transpose(1, 2)).softmax({|#2:1|})|}.matmul(x)|};",
            "the softmax normalises axis 1 of [B, T, T], but the product with [B, T, D] sums over axis 2, where the weights then do not add up to 1: take the softmax over -1"),
        Body("CCM4103", "over keys", "return x + x.matmul(x.transpose(1, 2)).softmax(2).matmul(x);"),

        Code("CCM4104", "a layer of many", "[Size(\"D/H\")]", "[Linear(\"D -> 4*D\")] private readonly Linear {|#0:up|};\n    [Size(\"D/H\")]",
            "'up' of 'Block' is a [Linear] that forward never uses: use it, or remove the field"),
        Code("CCM4104", "a layer that a method uses", "[Size(\"D/H\")]", "[Linear(\"D -> D\")] private readonly Linear up;\n    private Tensor Up(Tensor x) => up.call(x);\n    [Size(\"D/H\")]") is var used
            ? used with { Sources = used.Sources with { Block = used.Sources.Block.Replace("return x +", "return Up(x) +") } } : throw new InvalidOperationException(),

        Detached("a gain", "return x + inner.call(x) * {|#1:gain|}.detach();", "{|#0:gain|}",
            "'gain' of 'Block' is a [Parameter] that no gradient reaches, so it never learns: let forward carry it to the result without detach(), comparisons or indices in between"),
        Detached("a threshold", "return x + inner.call(x).masked_fill(x < gain, 0);", "{|#0:gain|}",
            "'gain' of 'Block' is a [Parameter] that no gradient reaches, so it never learns: let forward carry it to the result without detach(), comparisons or indices in between"),
        Detached("a gain that learns", "return x + inner.call(x) * gain;", "gain"),

        Body("CCM4106", "heads side by side", "return x + {|#0:{|#1:x.view(x.shape[0], x.shape[1], -1, each).transpose(1, 2)|}.reshape(x.shape)|};",
            "this reshape of [B, H, T, D/H] to [B, T, D] cuts anew through T, which stands behind other axes than before, so that positions are mixed up: bring T to its place first, with transpose or permute"),
        Body("CCM4106", "the batch", "return x + {|#0:{|#1:x.transpose(0, 1)|}.reshape(x.shape)|};",
            "this reshape of [T, B, D] to [B, T, D] cuts anew through B, which stands behind other axes than before, so that examples are mixed up: bring B to its place first, with transpose or permute"),
        Body("CCM4106", "heads brought back", "return x + x.view(x.shape[0], x.shape[1], -1, each).transpose(1, 2).transpose(1, 2).reshape(x.shape);"),

        Budget("too many tokens", "GiB = {|#1:0.1|}, BatchTokens = {|#0:65_536|}",
            "'Student' needs 0.521 GiB for steps of 65_536 tokens, more than its budget of 0.1 GiB: 0.00144 GiB for weights, gradients and moments, 0.52 GiB for activations in float32; at most 12_416 tokens fit"),
        Budget("too small for the weights", "GiB = {|#1:0.0001|}, BatchTokens = {|#0:16|}",
            "'Student' needs 0.00157 GiB for steps of 16 tokens, more than its budget of 0.0001 GiB: 0.00144 GiB for weights, gradients and moments, 0.000127 GiB for activations in float32; no step fits, so take a smaller model or a larger budget"),
        Budget("enough", "GiB = 24, BatchTokens = 1_024"),

        Vocabulary("GPT-2's vocabulary", "{|#0:50_257|}",
            "Vocabulary = 50_257 of 'Student' is no multiple of 8, which leaves tensor cores idle in its matrix products: 50_304 would be one"),
        new("CCM5002", "concepts and latents", new()
        {
            Sae = new Sources().Sae.Replace("64", "{|#0:1_000 + 1|}"),
            Student = "",
        }, "Latents = 1_001 of 'Sae' is no multiple of 8, which leaves tensor cores idle in its matrix products: 1_024 would be one"),
        Vocabulary("a padded vocabulary", "50_304"),
    ];

    private static RuleCase Stream(string name, string context, string statements, string rows, string? message = null)
    {
        var sources = Body("CCM3011", name, statements).Sources;
        var isBroken = message is not null;
        return new("CCM3011", name, sources with
        {
            Block = sources.Block.Replace("[Size", $"[Parameter(\"{rows}, D\")] private readonly Parameter table;\n    [Size"),
            Teacher = sources.Teacher.Replace("Context = 32", "Context = 4"),
            Student = sources.Student.Replace("Context = 16", context).Replace("<Block>", isBroken ? "<{|#0:Block|}>" : "<Block>")
                .Replace("[MixConcepts<", isBroken ? "[{|#3:MixConcepts|}<" : "[MixConcepts<").Replace("[ConceptLabels<Teacher, Sae>(AfterBlock = 2, Count = 4)]\n", ""),
        }, message);
    }

    private static RuleCase Detached(string name, string statements, string field, string? message = null)
    {
        var sources = Body("CCM4105", name, statements.Replace("{|#1:gain|}", "gain")).Sources;
        return new("CCM4105", name, sources with { Block = sources.Block.Replace("[Size", $"[Parameter(\"D\")] private readonly Parameter {field};\n    [Size") }, message);
    }

    private static RuleCase Budget(string name, string budget, string? message = null) => new("CCM5001", name, new()
    {
        Student = new Sources().Student.Replace("[Blocks", $"[Budget({budget})]\n[Blocks"),
    }, message);

    private static RuleCase Vocabulary(string name, string student, string? message = null) => new("CCM5002", name, new()
    {
        Teacher = new Sources().Teacher.Replace("Vocabulary = 100", "Vocabulary = 50_304"),
        Student = new Sources().Student.Replace("Vocabulary = 100", $"Vocabulary = {student}"),
    }, message);
}
