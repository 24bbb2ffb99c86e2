using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Language;

/// <summary>
/// TorchSharp's functions, tensor methods, properties and operators under their own names, and the arithmetic of sizes: each turns items
/// into operations of the table, or into numbers. One entry a function; operators have the names of Roslyn's <c>BinaryOperatorKind</c>.
/// </summary>
internal static partial class Functions
{
    private static readonly Dictionary<string, Func<Call, Item>> All =
        new[] { Numbers, Elementwise, Shapes, Indexing, Products, Reductions, Creation }.SelectMany(functions => functions)
            .ToDictionary(function => function.Key, function => function.Value);

    /// <summary>Methods that are operators or other functions by another name.</summary>
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["add"] = "Add", ["sub"] = "Subtract", ["subtract"] = "Subtract", ["mul"] = "Multiply", ["multiply"] = "Multiply",
        ["div"] = "Divide", ["divide"] = "Divide", ["true_divide"] = "Divide",
        ["eq"] = "Equals", ["ne"] = "NotEquals", ["not_equal"] = "NotEquals", ["lt"] = "LessThan", ["less"] = "LessThan",
        ["le"] = "LessThanOrEqual", ["less_equal"] = "LessThanOrEqual", ["gt"] = "GreaterThan", ["greater"] = "GreaterThan",
        ["ge"] = "GreaterThanOrEqual", ["greater_equal"] = "GreaterThanOrEqual",
        ["negative"] = "neg", ["absolute"] = "abs", ["swapdims"] = "swapaxes", ["concatenate"] = "cat", ["concat"] = "cat",
    };

    /// <summary>Names that a forward pass can use.</summary>
    public static IEnumerable<string> Names => All.Keys.Concat(Synonyms.Keys);

    public static Item Apply(Call call)
    {
        if (!All.TryGetValue(Synonyms.TryGetValue(call.Function, out var name) ? name : call.Function, out var function))
            throw new LanguageException($"{call.Function} is not part of the language: {Instead(call.Function)}", InPlace(call.Function) ?? Closest(call.Function));
        var result = function(call);
        return call.Unread is { } unread ? throw new LanguageException($"{call.Function} has no argument '{unread}' in the language: leave it out") : result;
    }

    private static readonly string[] Random = ["rand", "randn", "randint", "randperm", "rand_like", "randn_like", "randint_like", "bernoulli", "multinomial", "normal", "poisson"];

    private static string Instead(string function) =>
        InPlace(function) is { } plain ? $"nothing is changed in place, write {plain} and use its result"
        : Random.Contains(function) ? "a forward pass draws no random numbers, but for dropout"
        : function is "item" or "data" or "ToSingle" or "ToDouble" or "ToInt32" or "ToInt64" ? "a tensor's values are not known when the model is compiled, compute with the tensor itself"
        // What TorchSharp 0.107 has under these names computes something else.
        : function == "hardtanh" ? "TorchSharp's leaves its input as it is, write clamp"
        : function == "baddbmm" ? "TorchSharp's adds what it should multiply, write bmm and a sum"
        : Closest(function) is { } close ? $"did you mean {close}?"
        : "write it with the functions that docs/language.md lists, or mark the class [Eager]";

    /// <summary>The function of which this is the form that changes its input.</summary>
    private static string? InPlace(string function) =>
        function.EndsWith("_", StringComparison.Ordinal) && Names.Contains(function.TrimEnd('_')) ? function.TrimEnd('_') : null;

    /// <summary>A name with the same first letter that differs in one or two others.</summary>
    private static string? Closest(string name) => Names.Where(known => char.IsLetter(known[0]) && known[0] == name[0])
        .Select(known => (known, Distance: Distance(known, name))).Where(pair => pair.Distance <= Math.Min(2, name.Length / 3))
        .OrderBy(pair => pair.Distance).ThenBy(pair => pair.known, StringComparer.Ordinal).Select(pair => pair.known).FirstOrDefault();

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (diagonal, left) = (row[0], row[0] = i);
            for (var j = 1; j <= b.Length; j++)
            {
                var up = row[j];
                row[j] = left = Math.Min(Math.Min(up, left) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = up;
            }
        }
        return row[b.Length];
    }
}
