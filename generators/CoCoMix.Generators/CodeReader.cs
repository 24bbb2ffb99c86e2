using CoCoMix.Engine;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace CoCoMix.Generators;

/// <summary>Reads the methods that a class's forward pass is made of, as the compiler bound them.</summary>
internal sealed class CodeReader(INamedTypeSymbol type)
{
    private const string TorchSharp = "TorchSharp";

    private readonly List<SyntaxNode> _places = [];
    private readonly List<IMethodSymbol> _methods = [];

    /// <summary>Where the numbered expressions and statements stand.</summary>
    public IReadOnlyList<SyntaxNode> Places => _places;

    /// <summary>The entry method and those of the same class that it calls, in the order of their first call.</summary>
    public EquatableArray<Method> Read(IMethodSymbol entry)
    {
        _methods.Add(entry);
        var read = new List<Method>();
        for (var i = 0; i < _methods.Count; i++) read.Add(Method(_methods[i]));
        return new(read);
    }

    private Method Method(IMethodSymbol method)
    {
        var syntax = method.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax()).FirstOrDefault();
        var body = syntax is null ? null : ((ISourceAssemblySymbol)type.ContainingAssembly).Compilation.GetSemanticModel(syntax.SyntaxTree).GetOperation(syntax);
        var statements = body switch
        {
            IMethodBodyOperation { BlockBody: { } block } => Block(block),
            IMethodBodyOperation { ExpressionBody: { } expression } => Block(expression),
            ILocalFunctionOperation { Body: { } block } => Block(block),
            _ => [],
        };
        return new(NameOf(method), new(method.Parameters.Select(parameter => parameter.Name)), new(statements));
    }

    /// <summary>Overloads differ in their parameters; two methods of one name are told apart by those.</summary>
    private static string NameOf(IMethodSymbol method) => $"{method.Name}({string.Join(",", method.Parameters.Select(parameter => parameter.Type.Name))})";

    private int At(IOperation operation)
    {
        _places.Add(operation.Syntax);
        return _places.Count - 1;
    }

    private IEnumerable<Statement> Block(IOperation? operation) => operation switch
    {
        null => [],
        IBlockOperation block => block.Operations.SelectMany(Statements).ToList(),
        _ => Statements(operation).ToList(),
    };

    private IEnumerable<Statement> Statements(IOperation operation)
    {
        switch (operation)
        {
            case IBlockOperation block:
                return Block(block);
            case IVariableDeclarationGroupOperation group:
                return group.Declarations.SelectMany(Declarations).ToList();
            case IUsingDeclarationOperation declaration:
                return Statements(declaration.DeclarationGroup);
            case IUsingOperation use:
                return Block(use.Resources).Concat(Block(use.Body)).ToList();
            case IExpressionStatementOperation statement:
                return Effect(statement.Operation);
            case IReturnOperation { ReturnedValue: { } value }:
                return [new Return(At(operation), Expression(value))];
            case IConditionalOperation condition:
                return [new If(At(operation), Expression(condition.Condition), new(Block(condition.WhenTrue)), new(Block(condition.WhenFalse)))];
            case IForLoopOperation loop:
                return
                [
                    new For(At(operation), new(loop.Before.SelectMany(Statements)), loop.Condition is null ? new Constant(At(operation), true) : Expression(loop.Condition),
                        new(loop.AtLoopBottom.SelectMany(Statements)), new(Block(loop.Body))),
                ];
            case IForEachLoopOperation loop when loop.LoopControlVariable is IVariableDeclaratorOperation variable:
                return [new ForEach(At(operation), variable.Symbol.Name, Expression(loop.Collection), new(Block(loop.Body)))];
            case IThrowOperation:
                return [new Throw(At(operation))];
            case ILocalFunctionOperation or IEmptyOperation:
                return [];
            default:
                return [new Run(At(operation), Unknown(operation))];
        }
    }

    private IEnumerable<Statement> Declarations(IVariableDeclarationOperation declaration) =>
        from variable in declaration.Declarators
        let value = (variable.Initializer ?? declaration.Initializer)?.Value
        where value is not null
        select new Assign(At(variable), new([variable.Symbol.Name]), Expression(value));

    private IEnumerable<Statement> Effect(IOperation operation)
    {
        switch (operation)
        {
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation or IParameterReferenceOperation or IDiscardOperation } assignment:
                return [new Assign(At(operation), new([Variable(assignment.Target)!]), Expression(assignment.Value))];
            case IDeconstructionAssignmentOperation assignment when Targets(assignment.Target) is { } names:
                return [new Assign(At(operation), new(names), Expression(assignment.Value))];
            case ICompoundAssignmentOperation assignment when Variable(assignment.Target) is { } name:
                return [new Assign(At(operation), new([name]), new Apply(At(operation), $"{assignment.OperatorKind}",
                    new([new("left", Expression(assignment.Target)), new("right", Expression(assignment.Value))])))];
            case IIncrementOrDecrementOperation step when Variable(step.Target) is { } name:
                return [new Assign(At(operation), new([name]), new Apply(At(operation), step.Kind == OperationKind.Increment ? "Add" : "Subtract",
                    new([new("left", Expression(step.Target)), new("right", new Constant(At(operation), 1L))])))];
            default:
                return [new Run(At(operation), Expression(operation))];
        }
    }

    private static string? Variable(IOperation target) => target switch
    {
        ILocalReferenceOperation local => local.Local.Name,
        IParameterReferenceOperation parameter => parameter.Parameter.Name,
        IDeclarationExpressionOperation declaration => Variable(declaration.Expression),
        IDiscardOperation => "_",
        _ => null,
    };

    private static IEnumerable<string>? Targets(IOperation target) => target switch
    {
        IDeclarationExpressionOperation declaration => Targets(declaration.Expression),
        ITupleOperation tuple when tuple.Elements.Select(Variable).ToList() is var names && names.All(name => name is not null) => names!,
        _ => null,
    };

    private Expression Expression(IOperation operation)
    {
        if (operation.ConstantValue is { HasValue: true, Value: var constant } && operation.Type?.TypeKind != TypeKind.Enum && Number(constant) is var (isKnown, value) && isKnown)
        {
            return new Constant(At(operation), value);
        }
        return operation switch
        {
            IParenthesizedOperation inner => Expression(inner.Operand),
            IConversionOperation conversion => Conversion(conversion),
            ILocalReferenceOperation local => new Local(At(operation), local.Local.Name),
            IParameterReferenceOperation parameter => new Local(At(operation), parameter.Parameter.Name),
            IFieldReferenceOperation { Instance: IInstanceReferenceOperation } field => new Engine.Spec.Member(At(operation), field.Field.Name),
            IFieldReferenceOperation { Instance: { } instance } field => Apply(operation, field.Field.Name, [("input", instance)]),
            IFieldReferenceOperation { Field.IsStatic: true } field => Apply(operation, $"{field.Field.ContainingType.Name}.{field.Field.Name}", []),
            IPropertyReferenceOperation { Instance: IInstanceReferenceOperation, Arguments.Length: 0 } property => new Engine.Spec.Member(At(operation), property.Property.Name),
            IPropertyReferenceOperation { Property.IsIndexer: true, Instance: { } of } indexer =>
                Apply(operation, "[]", [("input", of), .. indexer.Arguments.Select(argument => ("indices", argument.Value))]),
            IPropertyReferenceOperation property => Apply(operation, property.Property.IsStatic ? $"{property.Property.ContainingType.Name}.{property.Property.Name}" : property.Property.Name,
                property.Instance is null ? [] : [("input", property.Instance)]),
            IArrayElementReferenceOperation element => Apply(operation, "[]", [("input", element.ArrayReference), .. element.Indices.Select(index => ("indices", index))]),
            IImplicitIndexerReferenceOperation element => Apply(operation, "[]", [("input", element.Instance), ("indices", element.Argument)]),
            IBinaryOperation binary => Apply(operation, $"{binary.OperatorKind}", [("left", binary.LeftOperand), ("right", binary.RightOperand)]),
            IUnaryOperation { OperatorKind: UnaryOperatorKind.Hat } hat => new FromEnd(At(operation), Expression(hat.Operand)),
            IUnaryOperation unary => Apply(operation, $"{unary.OperatorKind}", [("input", unary.Operand)]),
            IConditionalOperation { WhenFalse: { } otherwise } choice =>
                new Choose(At(operation), Expression(choice.Condition), Expression(choice.WhenTrue), Expression(otherwise)),
            ICoalesceOperation choice => Apply(operation, "??", [("left", choice.Value), ("right", choice.WhenNull)]),
            IIsPatternOperation { Pattern: IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: null } } } test =>
                Apply(operation, "is null", [("input", test.Value)]),
            IIsPatternOperation { Pattern: INegatedPatternOperation { Pattern: IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: null } } } } test =>
                Apply(operation, "is not null", [("input", test.Value)]),
            ITupleOperation tuple => new TupleOf(At(operation), new(tuple.Elements.Select(Expression))),
            IArrayCreationOperation { Initializer: { } items } => new ListOf(At(operation), new(items.ElementValues.Select(Expression))),
            ICollectionExpressionOperation list => new ListOf(At(operation), new(list.Elements.Select(Expression))),
            ISpreadOperation spread => new Spread(At(operation), Expression(spread.Operand)),
            IRangeOperation range => new RangeOf(At(operation), range.LeftOperand is null ? null : Expression(range.LeftOperand), range.RightOperand is null ? null : Expression(range.RightOperand)),
            IInvocationOperation invocation => Invocation(invocation),
            IDefaultValueOperation => new Constant(At(operation), null),
            IObjectCreationOperation => Unknown(operation, "make it a field with an attribute, or use a function"),
            _ => Unknown(operation),
        };
    }

    private Expression Conversion(IConversionOperation conversion)
    {
        // What TorchSharp converts by itself (numbers to Scalar, ranges to indices) reads as what was written.
        if (conversion.Type is { SpecialType: SpecialType.System_Int32 or SpecialType.System_Int64 } && conversion.Operand.Type?.SpecialType is SpecialType.System_Double or SpecialType.System_Single)
        {
            return Apply(conversion, "(int)", [("input", conversion.Operand)]);
        }
        return conversion.Type is { SpecialType: SpecialType.System_Double or SpecialType.System_Single } && conversion.Operand.Type?.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64
            ? Apply(conversion, "(double)", [("input", conversion.Operand)])
            : Expression(conversion.Operand);
    }

    private Expression Invocation(IInvocationOperation invocation)
    {
        var method = invocation.TargetMethod;
        var arguments = invocation.Arguments.Where(argument => argument.ArgumentKind != ArgumentKind.DefaultValue).ToList();
        if (invocation.Instance is null or IInstanceReferenceOperation && IsOwn(method))
        {
            if (!_methods.Contains(method, SymbolEqualityComparer.Default)) _methods.Add(method);
            return new Own(At(invocation), NameOf(method), new(arguments.Select(argument => new Argument(argument.Parameter!.Name, Expression(argument.Value)))));
        }
        if (!IsKnown(method.ContainingType) && method is not { Name: "forward", IsOverride: true })
        {
            return Unknown(invocation, "move the call to a method of this class, or use TorchSharp's functions");
        }
        // An instance, or the first tensor of a function, is the input.
        var at = At(invocation);
        var read = new List<Argument>();
        if (invocation.Instance is { } instance) read.Add(new("input", Expression(instance)));
        read.AddRange(arguments.Select(argument => new Argument(
            invocation.Instance is null && argument.Parameter!.Ordinal == 0 ? "input" : argument.Parameter!.Name, Expression(argument.Value))));
        return new Apply(at, method.ContainingType.Name is "Math" or "MathF" ? $"Math.{method.Name}" : method.Name, new(read));
    }

    private bool IsOwn(IMethodSymbol method) => method.MethodKind == MethodKind.LocalFunction ||
        SymbolEqualityComparer.Default.Equals(method.ContainingType, type) && method.DeclaringSyntaxReferences.Length > 0;

    private static bool IsKnown(INamedTypeSymbol containing) =>
        containing.ContainingAssembly?.Name is TorchSharp or Runtime.Namespace || containing.Name is "Math" or "MathF" || containing.SpecialType != SpecialType.None;

    private Apply Apply(IOperation operation, string function, IEnumerable<(string Name, IOperation Value)> arguments)
    {
        var at = At(operation);
        return new(at, function, new(arguments.Select(argument => new Argument(argument.Name, Expression(argument.Value)))));
    }

    private Unsupported Unknown(IOperation operation, string instead = "write it with TorchSharp's functions and operators, locals, constants, if and for") =>
        new(At(operation), Excerpt(operation.Syntax), instead);

    private static string Excerpt(SyntaxNode syntax)
    {
        var text = string.Join(" ", syntax.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= 40 ? text : text.Substring(0, 37) + "...";
    }

    private static (bool IsKnown, object? Value) Number(object? constant) => constant switch
    {
        null or bool or string or double => (true, constant),
        sbyte or byte or short or ushort or int or uint or long => (true, Convert.ToInt64(constant)),
        float number => (true, (double)number),
        _ => (false, null),
    };
}
