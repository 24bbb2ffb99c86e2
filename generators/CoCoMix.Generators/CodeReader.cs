using CoCoMix.Engine;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Operations;

namespace CoCoMix.Generators;

/// <summary>Reads the methods that a class's forward pass is made of, as the compiler bound them.</summary>
internal sealed class CodeReader(INamedTypeSymbol type)
{
    private const string TorchSharp = "TorchSharp";
    private const string MakeItAField = "make it a field with an attribute such as [Linear(\"D -> D\")] or [Parameter(\"D\")]";

    private readonly List<Location> _places = [];
    private readonly List<IMethodSymbol> _methods = [];
    private readonly List<SyntaxNode> _declarations = [];
    private readonly List<IFieldSymbol> _initialisers = [];
    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];
    private readonly Dictionary<ISymbol, string> _locals = new(SymbolEqualityComparer.Default);

    /// <summary>Where the numbered expressions and statements stand.</summary>
    public IReadOnlyList<Location> Places => _places;

    /// <summary>The entry method and those of the same class that it calls, in the order of their first call.</summary>
    public EquatableArray<Method> Read(IMethodSymbol entry)
    {
        _methods.Add(entry);
        var read = new List<Method>();
        for (var i = 0; i < _methods.Count; i++) read.Add(Method(_methods[i]));
        return new(read);
    }

    /// <summary>Whether the compiler rejects some of the code. That takes as long as reading it, so only who reports something asks.</summary>
    public bool HasErrors(IMethodSymbol entry)
    {
        Read(entry);
        return _declarations.Any(syntax => ModelOf(syntax).GetDiagnostics(syntax.FullSpan).Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
    }

    /// <summary>What stands for a method that the compiler rejects, and nobody reports.</summary>
    private IEnumerable<Statement> Rejected(IMethodSymbol method)
    {
        _places.Add(method.Locations[0]);
        var at = _places.Count - 1;
        return [new Run(at, new Unsupported(at, method.Name, "the compiler rejects it"))];
    }

    private Method Method(IMethodSymbol method)
    {
        var operation = Operation(method);
        var statements = operation switch
        {
            null => Rejected(method),
            IMethodBodyOperation { BlockBody: { } block } => Block(block),
            IMethodBodyOperation { ExpressionBody: { } expression } => Block(expression),
            ILocalFunctionOperation { Body: { } block } => Block(block),
            var body => Block(body),
        };
        return new(NameOf(method), method.MethodKind == MethodKind.LocalFunction, new(method.Parameters.Select(NameOf)), new(statements));
    }

    /// <summary>What the compiler made of a symbol's declaration; null where it made no sense of some of it.</summary>
    private IOperation? Operation(ISymbol symbol)
    {
        var syntax = symbol.DeclaringSyntaxReferences[0].GetSyntax();
        if (syntax is VariableDeclaratorSyntax { Initializer: { } initialiser }) syntax = initialiser.Value;
        _declarations.Add(syntax);
        if (syntax.ContainsDiagnostics && syntax.GetDiagnostics().Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)) return null;
        var operation = ModelOf(syntax).GetOperation(syntax);
        return operation?.DescendantsAndSelf().Any(inner => inner is IInvalidOperation || inner.Type?.TypeKind == TypeKind.Error) == true ? null : operation;
    }

    private SemanticModel ModelOf(SyntaxNode syntax)
    {
        if (!_models.TryGetValue(syntax.SyntaxTree, out var model))
            _models[syntax.SyntaxTree] = model = ((ISourceAssemblySymbol)type.ContainingAssembly).Compilation.GetSemanticModel(syntax.SyntaxTree);
        return model;
    }

    /// <summary>Overloads differ in their parameters; two methods of one name are told apart by those, local functions by their numbers.</summary>
    private string NameOf(IMethodSymbol method) => method.MethodKind == MethodKind.LocalFunction
        ? $"{method.Name}#{_methods.FindIndex(known => SymbolEqualityComparer.Default.Equals(known, method))}"
        : $"{method.Name}({string.Join(",", method.Parameters.Select(parameter => parameter.Type.ToDisplayString()))})";

    /// <summary>A local function sees the variables around it: those of its own have numbers. A keyword becomes a name.</summary>
    private string NameOf(ISymbol local)
    {
        var isKeyword = SyntaxFacts.GetKeywordKind(local.Name) != SyntaxKind.None;
        if (!isKeyword && local.ContainingSymbol is not IMethodSymbol { MethodKind: MethodKind.LocalFunction }) return local.Name;
        if (!_locals.TryGetValue(local, out var name)) _locals[local] = name = $"{local.Name}{(isKeyword ? "Value" : "")}#{_locals.Count}";
        return name;
    }

    /// <summary>A statement's place is its first word.</summary>
    private int At(IOperation operation)
    {
        _places.Add(operation.Syntax is StatementSyntax and not ExpressionStatementSyntax ? operation.Syntax.GetFirstToken().GetLocation() : operation.Syntax.GetLocation());
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
                return (use.Resources is IVariableDeclarationGroupOperation ? Block(use.Resources) : [new Run(At(use.Resources), Expression(use.Resources))]).Concat(Block(use.Body)).ToList();
            case IExpressionStatementOperation statement:
                return Effect(statement.Operation);
            case IReturnOperation result:
                return [new Return(At(operation), result.ReturnedValue is { } value ? Expression(value) : new Constant(At(operation), null))];
            case IConditionalOperation condition:
                return [new If(At(operation), Expression(condition.Condition), new(Block(condition.WhenTrue)), new(Block(condition.WhenFalse)))];
            case IForLoopOperation loop:
                return
                [
                    new For(At(operation), new(loop.Before.SelectMany(Statements)), loop.Condition is null ? new Constant(At(operation), true) : Expression(loop.Condition),
                        new(loop.AtLoopBottom.SelectMany(Statements)), new(Block(loop.Body))),
                ];
            case IWhileLoopOperation { ConditionIsTop: true, ConditionIsUntil: false, Condition: { } condition } loop:
                return [new For(At(operation), default, Expression(condition), default, new(Block(loop.Body)))];
            case IBranchOperation { BranchKind: BranchKind.Break or BranchKind.Continue } branch:
                return [new Jump(At(operation), branch.BranchKind == BranchKind.Break)];
            case IForEachLoopOperation loop when loop.LoopControlVariable is IVariableDeclaratorOperation variable:
                return [new ForEach(At(operation), NameOf(variable.Symbol), Expression(loop.Collection), new(Block(loop.Body)))];
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
        select new Assign(At(variable), new([NameOf(variable.Symbol)]), Expression(value));

    private IEnumerable<Statement> Effect(IOperation operation)
    {
        switch (operation)
        {
            case ISimpleAssignmentOperation { Target: ILocalReferenceOperation or IParameterReferenceOperation or IDiscardOperation } assignment:
                return [new Assign(At(operation), new([Variable(assignment.Target)!]), Expression(assignment.Value))];
            case IDeconstructionAssignmentOperation assignment when Targets(assignment.Target) is { } names:
                return [new Assign(At(operation), new(names), Expression(assignment.Value))];
            case ICompoundAssignmentOperation assignment when Variable(assignment.Target) is { } name:
                return [new Assign(At(operation), new([name]), Rounded(operation, Apply(operation, $"{assignment.OperatorKind}", [("left", assignment.Target), ("right", assignment.Value)])))];
            case IIncrementOrDecrementOperation step when Variable(step.Target) is { } name:
                return [new Assign(At(operation), new([name]), new Apply(At(operation), step.Kind == OperationKind.Increment ? "Add" : "Subtract",
                    new([new("left", Expression(step.Target)), new("right", new Constant(At(operation), 1L))])))];
            default:
                return [new Run(At(operation), Expression(operation))];
        }
    }

    private string? Variable(IOperation target) => target switch
    {
        ILocalReferenceOperation local => NameOf(local.Local),
        IParameterReferenceOperation parameter => NameOf(parameter.Parameter),
        IDeclarationExpressionOperation declaration => Variable(declaration.Expression),
        IDiscardOperation => "_",
        _ => null,
    };

    private IEnumerable<string>? Targets(IOperation target) => target switch
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
        return operation is IBinaryOperation or IInvocationOperation or IConversionOperation ? Rounded(operation, Read(operation)) : Read(operation);
    }

    /// <summary>Numbers are computed in double precision; what C# rounds to single precision is rounded.</summary>
    private Expression Rounded(IOperation operation, Expression read) =>
        operation.Type?.SpecialType == SpecialType.System_Single ? new Apply(At(operation), "(float)", new([new("input", read)])) : read;

    private Expression Read(IOperation operation)
    {
        return operation switch
        {
            IParenthesizedOperation inner => Expression(inner.Operand),
            IConversionOperation conversion => Conversion(conversion),
            ILocalReferenceOperation local => new Local(At(operation), NameOf(local.Local)),
            IParameterReferenceOperation parameter => new Local(At(operation), NameOf(parameter.Parameter)),
            IFieldReferenceOperation field when IsInitialised(field.Field) => Initialiser(field),
            IFieldReferenceOperation { Instance: IInstanceReferenceOperation } field => new Engine.Spec.Member(At(operation), field.Field.Name),
            IFieldReferenceOperation { Field.CorrespondingTupleField: { } item, Instance: { } tuple } => ItemOf(operation, tuple, int.Parse(item.Name.Substring("Item".Length)) - 1),
            IFieldReferenceOperation { Instance: { } instance } field => Apply(operation, field.Field.Name, [("input", instance)]),
            IFieldReferenceOperation { Field.IsStatic: true } field when !IsKnown(field.Field.ContainingType) && field.Type?.TypeKind != TypeKind.Enum =>
                Unknown(operation, "make it const, or a field of this class with an attribute such as [Size(\"D\")]"),
            IFieldReferenceOperation { Field.IsStatic: true } field => Apply(operation, $"{field.Field.ContainingType.Name}.{field.Field.Name}", []),
            IPropertyReferenceOperation { Property.GetMethod: { } getter, Arguments.Length: 0 } property when IsOwn(getter) && !IsAutomatic(property.Property) => Own(operation, getter, []),
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
            IIsPatternOperation test => Matches(test.Pattern, test.Value),
            ISwitchExpressionOperation choice => Arms(choice, choice.Arms),
            IThrowOperation => new Unsupported(At(operation), Excerpt(operation.Syntax), "this is thrown for the sizes of the model"),
            ITupleOperation tuple => new TupleOf(At(operation), new(tuple.Elements.Select(Expression))),
            IArrayCreationOperation { Initializer: { } items } => new ListOf(At(operation), new(items.ElementValues.Select(Expression))),
            ICollectionExpressionOperation list => new ListOf(At(operation), new(list.Elements.Select(Expression))),
            ISpreadOperation spread => new Spread(At(operation), Expression(spread.Operand)),
            IRangeOperation range => new RangeOf(At(operation), range.LeftOperand is null ? null : Expression(range.LeftOperand), range.RightOperand is null ? null : Expression(range.RightOperand)),
            IInvocationOperation invocation => Invocation(invocation),
            IDefaultValueOperation => new Constant(At(operation), null),
            IObjectCreationOperation => Unknown(operation, MakeItAField),
            IDelegateCreationOperation or IAnonymousFunctionOperation => Unknown(operation, "write a method, or a function in the method"),
            IAssignmentOperation { Target: IPropertyReferenceOperation { Property.IsIndexer: true } } =>
                Unknown(operation, "nothing is changed in place, join parts with cat() or choose with where()"),
            IAssignmentOperation => Unknown(operation, "assign to a variable, in a statement of its own"),
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
        return conversion.Type is { SpecialType: SpecialType.System_Double } && conversion.Operand.Type?.SpecialType is SpecialType.System_Int32 or SpecialType.System_Int64
            ? Apply(conversion, "(double)", [("input", conversion.Operand)])
            : Expression(conversion.Operand);
    }

    /// <summary>Whether a value matches a pattern of constants.</summary>
    private Expression Matches(IPatternOperation pattern, IOperation value)
    {
        return pattern switch
        {
            IConstantPatternOperation { Value.ConstantValue: { HasValue: true, Value: null } } => Apply(pattern, "is null", [("input", value)]),
            IConstantPatternOperation constant => Apply(pattern, "Equals", [("left", value), ("right", constant.Value)]),
            IRelationalPatternOperation relation => Apply(pattern, $"{relation.OperatorKind}", [("left", value), ("right", relation.Value)]),
            INegatedPatternOperation negated => Of("Not", ("input", negated.Pattern)),
            IBinaryPatternOperation both => Of(both.OperatorKind == BinaryOperatorKind.And ? "ConditionalAnd" : "ConditionalOr", ("left", both.LeftPattern), ("right", both.RightPattern)),
            IDiscardPatternOperation => new Constant(At(pattern), true),
            _ => Unknown(pattern, "compare with constants, or test with is null and is not null"),
        };

        Apply Of(string function, params (string Name, IPatternOperation Pattern)[] inner)
        {
            var at = At(pattern);
            return new(at, function, new(inner.Select(one => new Argument(one.Name, Matches(one.Pattern, value)))));
        }
    }

    private Expression Arms(ISwitchExpressionOperation choice, IEnumerable<ISwitchExpressionArmOperation> arms)
    {
        if (arms.FirstOrDefault() is not { } arm) return Unknown(choice, "add an arm for every value that occurs");
        var at = At(arm);
        var matches = Matches(arm.Pattern, choice.Value);
        if (arm.Guard is { } guard) matches = new Apply(at, "ConditionalAnd", new([new("left", matches), new("right", Expression(guard))]));
        return new Choose(at, matches, Expression(arm.Value), Arms(choice, arms.Skip(1)));
    }

    /// <summary>Whether a field has the value that its declaration gives it, and is no layer.</summary>
    private bool IsInitialised(IFieldSymbol field) => field.IsReadOnly && AppliedAttribute.On(field) is null && SymbolEqualityComparer.Default.Equals(field.ContainingType, type)
        && field.DeclaringSyntaxReferences.Any(reference => reference.GetSyntax() is VariableDeclaratorSyntax { Initializer: not null });

    private Expression Initialiser(IFieldReferenceOperation reference)
    {
        var field = reference.Field;
        if (_initialisers.Contains(field, SymbolEqualityComparer.Default) || Operation(field) is not { } value) return Unknown(reference, "make it const");
        _initialisers.Add(field);
        var read = Expression(value);
        _initialisers.Remove(field);
        return read;
    }

    private static bool IsAutomatic(IPropertySymbol property) =>
        property.ContainingType.GetMembers().OfType<IFieldSymbol>().Any(field => SymbolEqualityComparer.Default.Equals(field.AssociatedSymbol, property));

    private Own Own(IOperation operation, IMethodSymbol method, IEnumerable<IArgumentOperation> arguments)
    {
        if (!_methods.Contains(method, SymbolEqualityComparer.Default)) _methods.Add(method);
        return new(At(operation), NameOf(method), new(arguments.Select(argument => new Argument(NameOf(argument.Parameter!.OriginalDefinition), Expression(argument.Value)))));
    }

    private Expression Invocation(IInvocationOperation invocation)
    {
        var method = invocation.TargetMethod;
        if (method.Parameters.FirstOrDefault(parameter => parameter.RefKind is RefKind.Ref or RefKind.Out) is { } written)
        {
            return Unknown(invocation, $"return what '{written.Name}' is to become");
        }
        if (invocation.Instance is null or IInstanceReferenceOperation && IsOwn(method)) return Own(invocation, method.OriginalDefinition, invocation.Arguments);
        if (!IsKnown(method.ContainingType) && !(method.Name == "forward" && IsModule(invocation.Instance?.Type)))
        {
            return Unknown(invocation, "write what it computes in a method of this class, or use TorchSharp's functions");
        }
        if (IsModule(invocation.Type)) return Unknown(invocation, MakeItAField);
        // Named arguments may stand in any order.
        var arguments = invocation.Arguments.Where(argument => argument.ArgumentKind != ArgumentKind.DefaultValue).OrderBy(argument => argument.Parameter!.Ordinal);
        // An instance, or the first tensor of a function, is the input.
        var at = At(invocation);
        var read = new List<Argument>();
        if (invocation.Instance is { } instance) read.Add(new("input", Expression(instance)));
        read.AddRange(arguments.Select(argument => new Argument(
            invocation.Instance is null && argument.Parameter!.Ordinal == 0 ? "input" : argument.Parameter!.Name, Expression(argument.Value))));
        return new Apply(at, method.ContainingType.Name is "Math" or "MathF" ? $"Math.{method.Name}" : method.Name, new(read));
    }

    private bool IsOwn(IMethodSymbol method) => method.MethodKind == MethodKind.LocalFunction ||
        SymbolEqualityComparer.Default.Equals(method.ContainingType, type) && method.DeclaringSyntaxReferences.Length > 0 && !method.IsAsync;

    private static bool IsModule(ITypeSymbol? returned)
    {
        for (var at = returned; at is not null; at = at.BaseType)
            if (at is { Name: "Module", ContainingAssembly.Name: TorchSharp }) return true;
        return false;
    }

    private static bool IsKnown(INamedTypeSymbol containing) =>
        containing.ContainingAssembly?.Name is TorchSharp or Runtime.Namespace || containing.Name is "Math" or "MathF" || containing.SpecialType != SpecialType.None;

    private Apply Apply(IOperation operation, string function, IEnumerable<(string Name, IOperation Value)> arguments)
    {
        var at = At(operation);
        return new(at, function, new(arguments.Select(argument => new Argument(argument.Name, Expression(argument.Value)))));
    }

    private Apply ItemOf(IOperation operation, IOperation tuple, long index)
    {
        var at = At(operation);
        return new(at, "[]", new([new("input", Expression(tuple)), new("indices", new Constant(at, index))]));
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
