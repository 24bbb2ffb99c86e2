using System.Globalization;
using System.Text;

namespace CoCoMix.Engine.Spec;

/// <summary>
/// A class with a forward pass of its own as text, which its assembly carries, so that projects that reference it can check and compile the code
/// as if they had its source. Nested lists in brackets; places are left out, because nobody can point into another compilation.
/// </summary>
public static class ModuleText
{
    /// <summary>Changes with the format and with the meaning of code; what another version wrote is not read.</summary>
    private const string Version = "cocomix-1";

    public static string Write(ModuleSpec module)
    {
        var text = new StringBuilder(Version);
        Write(text, Tree(module));
        return text.ToString();
    }

    /// <summary>Null where the text is of another version.</summary>
    public static ModuleSpec? Read(string text)
    {
        if (!text.StartsWith(Version, StringComparison.Ordinal)) return null;
        try
        {
            var at = Version.Length;
            return Module(Parse(text, ref at));
        }
        catch (Exception broken) when (broken is FormatException or InvalidCastException or IndexOutOfRangeException or ArgumentException or KeyNotFoundException)
        {
            return null;
        }
    }

    // What a class is as lists of texts and lists.

    private static object[] Tree(ModuleSpec module) =>
    [
        module.Type.Namespace, module.Type.Name, Text(module.Type.IsPublic), module.Base, Text(module.HasConstructor), Text(module.IsEager), List(module.Dims, dim => dim),
        List(module.Fields, Tree), List(module.Methods, method => (object[])[method.Name, Text(method.IsLocal), List(method.Parameters, name => name), List(method.Body, Tree)]),
    ];

    private static object[] Tree(FieldSpec field) =>
    [
        field.Name, field.Kind.ToString(), field.Signature, field.Type, Text(field.Bias), Text(field.Number), Text(field.Mean), field.Module is null ? "" : Tree(field.Module), field.Cycle,
    ];

    private static object[] Tree(Statement statement) => statement switch
    {
        Assign assign => ["=", List(assign.Names, name => name), Tree(assign.Value)],
        If choice => ["if", Tree(choice.Condition), List(choice.Then, Tree), List(choice.Else, Tree)],
        For loop => ["for", List(loop.First, Tree), Tree(loop.Condition), List(loop.Step, Tree), List(loop.Body, Tree)],
        ForEach loop => ["foreach", loop.Name, Tree(loop.List), List(loop.Body, Tree)],
        Return result => ["return", Tree(result.Value)],
        Jump jump => [jump.IsBreak ? "break" : "continue"],
        Run run => ["run", Tree(run.Value)],
        Throw => ["throw"],
        _ => throw new InvalidOperationException($"No text for {statement.GetType().Name}."),
    };

    private static object[] Tree(Expression expression) => expression switch
    {
        Constant { Value: null } => ["null"],
        Constant { Value: long number } => ["int", number.ToString(CultureInfo.InvariantCulture)],
        Constant { Value: double number } => ["real", Text(number)],
        Constant { Value: bool flag } => ["bool", Text(flag)],
        Constant { Value: string text } => ["text", text],
        Local local => ["local", local.Name],
        Member member => ["member", member.Name],
        Apply apply => ["apply", apply.Function, List(apply.Arguments, Tree)],
        Own own => ["own", own.Method, List(own.Arguments, Tree)],
        Choose choose => ["choose", Tree(choose.Condition), Tree(choose.Then), Tree(choose.Else)],
        TupleOf tuple => ["tuple", List(tuple.Items, Tree)],
        ListOf list => ["list", List(list.Items, Tree)],
        Spread spread => ["spread", Tree(spread.List)],
        RangeOf range => ["range", range.From is null ? "" : Tree(range.From), range.To is null ? "" : Tree(range.To)],
        FromEnd end => ["^", Tree(end.Value)],
        Unsupported unsupported => ["unsupported", unsupported.What, unsupported.Instead],
        _ => throw new InvalidOperationException($"No text for {expression.GetType().Name}."),
    };

    private static object[] Tree(Argument argument) => [argument.Name, Tree(argument.Value)];

    private static object[] List<T>(EquatableArray<T> items, Func<T, object> tree) where T : notnull => [.. items.Select(tree)];

    private static string Text(bool value) => value ? "1" : "0";

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    // And back.

    private static ModuleSpec Module(object tree) => tree is object[] m ? new(
        new((string)m[0], (string)m[1], Flag(m[2])), Array(m[6], dim => (string)dim), Array(m[7], Field), Array(m[8], Method), Flag(m[4]), (string)m[3], Flag(m[5])) : throw new FormatException();

    private static FieldSpec Field(object tree)
    {
        var f = (object[])tree;
        return new(
            (string)f[0], (LayerKind)Enum.Parse(typeof(LayerKind), (string)f[1]), (string)f[2], (string)f[3], Flag(f[4]), Real(f[5]), Real(f[6]), f[7] is object[] module ? Module(module) : null, (string)f[8]);
    }

    private static Method Method(object tree)
    {
        var m = (object[])tree;
        return new((string)m[0], Flag(m[1]), Array(m[2], name => (string)name), Array(m[3], Statement));
    }

    private static Statement Statement(object tree)
    {
        var s = (object[])tree;
        return (string)s[0] switch
        {
            "=" => new Assign(0, Array(s[1], name => (string)name), Expression(s[2])),
            "if" => new If(0, Expression(s[1]), Array(s[2], Statement), Array(s[3], Statement)),
            "for" => new For(0, Array(s[1], Statement), Expression(s[2]), Array(s[3], Statement), Array(s[4], Statement)),
            "foreach" => new ForEach(0, (string)s[1], Expression(s[2]), Array(s[3], Statement)),
            "return" => new Return(0, Expression(s[1])),
            "break" => new Jump(0, true),
            "continue" => new Jump(0, false),
            "run" => new Run(0, Expression(s[1])),
            "throw" => new Throw(0),
            _ => throw new FormatException(),
        };
    }

    private static Expression Expression(object tree)
    {
        var e = (object[])tree;
        return (string)e[0] switch
        {
            "null" => new Constant(0, null),
            "int" => new Constant(0, long.Parse((string)e[1], CultureInfo.InvariantCulture)),
            "real" => new Constant(0, Real(e[1])),
            "bool" => new Constant(0, Flag(e[1])),
            "text" => new Constant(0, (string)e[1]),
            "local" => new Local(0, (string)e[1]),
            "member" => new Member(0, (string)e[1]),
            "apply" => new Apply(0, (string)e[1], Array(e[2], Argument)),
            "own" => new Own(0, (string)e[1], Array(e[2], Argument)),
            "choose" => new Choose(0, Expression(e[1]), Expression(e[2]), Expression(e[3])),
            "tuple" => new TupleOf(0, Array(e[1], Expression)),
            "list" => new ListOf(0, Array(e[1], Expression)),
            "spread" => new Spread(0, Expression(e[1])),
            "range" => new RangeOf(0, e[1] is object[] from ? Expression(from) : null, e[2] is object[] to ? Expression(to) : null),
            "^" => new FromEnd(0, Expression(e[1])),
            "unsupported" => new Unsupported(0, (string)e[1], (string)e[2]),
            _ => throw new FormatException(),
        };
    }

    private static Argument Argument(object tree) => new((string)((object[])tree)[0], Expression(((object[])tree)[1]));

    private static EquatableArray<T> Array<T>(object tree, Func<object, T> item) where T : notnull => new(((object[])tree).Select(item));

    private static bool Flag(object text) => (string)text == "1";

    private static double Real(object text) => double.Parse((string)text, CultureInfo.InvariantCulture);

    // Lists in brackets, texts in quotes.

    private static void Write(StringBuilder text, object tree)
    {
        if (tree is string word)
        {
            text.Append('\'').Append(word.Replace("\\", "\\\\").Replace("'", "\\'")).Append('\'');
            return;
        }
        text.Append('(');
        foreach (var item in (object[])tree) Write(text, item);
        text.Append(')');
    }

    private static object Parse(string text, ref int at)
    {
        if (text[at++] == '\'')
        {
            var word = new StringBuilder();
            for (; text[at] != '\''; at++) word.Append(text[at] == '\\' ? text[++at] : text[at]);
            at++;
            return word.ToString();
        }
        var items = new List<object>();
        while (text[at] != ')') items.Add(Parse(text, ref at));
        at++;
        return items.ToArray();
    }
}
