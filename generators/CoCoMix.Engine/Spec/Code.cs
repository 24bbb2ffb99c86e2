namespace CoCoMix.Engine.Spec;

/// <summary>
/// An expression of a forward method, its names bound and its constants folded by the compiler. It compares by value and knows its place
/// only as a number, counted in reading order, so that an edit elsewhere in the file changes nothing.
/// </summary>
public abstract record Expression(int At);

/// <summary>A number (<c>long</c> or <c>double</c>), <c>bool</c>, <c>string</c> or null.</summary>
public sealed record Constant(int At, object? Value) : Expression(At);

/// <summary>A local variable or a parameter; some have a number after <c>#</c>, which tells them apart.</summary>
public sealed record Local(int At, string Name) : Expression(At);

/// <summary>A field or property of the class itself.</summary>
public sealed record Member(int At, string Name) : Expression(At);

/// <summary>TorchSharp's or .NET's function, method, property or operator, by its own name; an instance is its first argument.</summary>
public sealed record Apply(int At, string Function, EquatableArray<Argument> Arguments) : Expression(At);

/// <summary>A method of the class itself.</summary>
public sealed record Own(int At, string Method, EquatableArray<Argument> Arguments) : Expression(At);

public sealed record Choose(int At, Expression Condition, Expression Then, Expression Else) : Expression(At);

public sealed record TupleOf(int At, EquatableArray<Expression> Items) : Expression(At);

/// <summary>An array or a list; an item may be a <see cref="Spread"/>.</summary>
public sealed record ListOf(int At, EquatableArray<Expression> Items) : Expression(At);

/// <summary><c>.. list</c> in a list.</summary>
public sealed record Spread(int At, Expression List) : Expression(At);

/// <summary><c>a..b</c>; either end may be open.</summary>
public sealed record RangeOf(int At, Expression? From, Expression? To) : Expression(At);

/// <summary><c>^a</c></summary>
public sealed record FromEnd(int At, Expression Value) : Expression(At);

/// <summary>C# that the language does not have.</summary>
/// <param name="Instead">What to write instead.</param>
public sealed record Unsupported(int At, string What, string Instead) : Expression(At);

/// <param name="Name">The parameter's name.</param>
public sealed record Argument(string Name, Expression Value);

public abstract record Statement(int At);

/// <summary>Declares or assigns one variable, or several from a tuple; an underscore is none.</summary>
public sealed record Assign(int At, EquatableArray<string> Names, Expression Value) : Statement(At);

public sealed record If(int At, Expression Condition, EquatableArray<Statement> Then, EquatableArray<Statement> Else) : Statement(At);

public sealed record For(int At, EquatableArray<Statement> First, Expression Condition, EquatableArray<Statement> Step, EquatableArray<Statement> Body) : Statement(At);

public sealed record ForEach(int At, string Name, Expression List, EquatableArray<Statement> Body) : Statement(At);

public sealed record Return(int At, Expression Value) : Statement(At);

/// <summary><c>break</c> or <c>continue</c>.</summary>
public sealed record Jump(int At, bool IsBreak) : Statement(At);

/// <summary>An expression for its effect: only what frees tensors, which generated code does by itself, or what is unsupported.</summary>
public sealed record Run(int At, Expression Value) : Statement(At);

public sealed record Throw(int At) : Statement(At);

/// <summary>A method of a class that has code of its own, or the getter of a property.</summary>
/// <param name="IsLocal">Whether it sees the variables of the method that calls it.</param>
public sealed record Method(string Name, bool IsLocal, EquatableArray<string> Parameters, EquatableArray<Statement> Body);

/// <summary>Walks code.</summary>
public static class CodeTree
{
    /// <summary>All expressions of some methods, those inside others too.</summary>
    public static IEnumerable<Expression> Expressions(IEnumerable<Method> methods) => methods.SelectMany(method => In(method.Body));

    private static IEnumerable<Expression> In(IEnumerable<Statement> statements) => statements.SelectMany(statement => statement switch
    {
        Assign assign => In(assign.Value),
        If choice => [.. In(choice.Condition), .. In(choice.Then), .. In(choice.Else)],
        For loop => [.. In(loop.First), .. In(loop.Condition), .. In(loop.Step), .. In(loop.Body)],
        ForEach loop => [.. In(loop.List), .. In(loop.Body)],
        Return result => In(result.Value),
        Run run => In(run.Value),
        _ => Enumerable.Empty<Expression>(),
    });

    private static IEnumerable<Expression> In(Expression? expression) => expression is null ? [] :
    [
        expression,
        .. expression switch
        {
            Apply apply => apply.Arguments.SelectMany(argument => In(argument.Value)),
            Own own => own.Arguments.SelectMany(argument => In(argument.Value)),
            Choose choose => [.. In(choose.Condition), .. In(choose.Then), .. In(choose.Else)],
            TupleOf tuple => tuple.Items.SelectMany(In),
            ListOf list => list.Items.SelectMany(In),
            Spread spread => In(spread.List),
            RangeOf range => [.. In(range.From), .. In(range.To)],
            FromEnd end => In(end.Value),
            _ => Enumerable.Empty<Expression>(),
        },
    ];
}
