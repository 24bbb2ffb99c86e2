using CoCoMix.Engine.Emission;
using CoCoMix.Engine.Spec;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace CoCoMix.Engine.Tests;

/// <summary>What generated files say, read back with Roslyn.</summary>
public sealed class EmissionTests
{
    private static readonly ModelSpec[] Models =
    [
        .. Specs.Models, .. Enum.GetValues<AutoencoderKind>().Select(kind => Specs.Mixing(3, 1, labels: Specs.Labels(2, 1, kind: kind))),
        .. Enum.GetValues<SelectionKind>().Select(selection => Specs.Mixing(3, 1, labels: Specs.Labels(2, 0, selection))),
        Specs.Mixing(3, 1, labels: Specs.Labels(2, 0, SelectionKind.PaperAttribution, AutoencoderKind.Gated)),
        Specs.Mixing(3, 1, concepts: 5_000, labels: Wide(SelectionKind.PaperAttribution)),
        // Wide enough to be cut into chunks of rows.
        Specs.Mixing(3, 1, concepts: 5_000) with { Vocabulary = 6_000, LogitSoftCap = 30, ZLoss = 1e-4 },
    ];

    private static LabelSpec Wide(SelectionKind selection) => Specs.Labels(2, 0, selection) with { Sae = Specs.Sae() with { Latents = 5_000 } };

    private static IEnumerable<string> Files => [.. Models.Select(model => CSharp.Model(model)), .. Specs.Saes.Select(sae => CSharp.Sae(sae))];

    [Fact]
    public void Fused_code_lets_go_of_every_tensor_it_makes_exactly_once_and_does_not_read_it_after()
    {
        var checkedMethods = 0;
        foreach (var method in Files.SelectMany(FusedMethods))
        {
            checkedMethods++;
            LetsGo(method.Body!, Restored(method), method.ParameterList.Parameters.Select(parameter => parameter.Identifier.Text));
            foreach (var whole in method.Body!.DescendantNodes().OfType<ParenthesizedLambdaExpressionSyntax>().Where(lambda => lambda.AttributeLists.Count == 0)) LetsGo(whole.Block!, [], Operands(whole));
        }
        Assert.True(checkedMethods > 3 * Models.Length);
    }

    /// <param name="handed">Tensors that a body is handed to free.</param>
    /// <param name="lent">Tensors that are the caller's.</param>
    private static void LetsGo(BlockSyntax body, IEnumerable<string> handed, IEnumerable<string> lent)
    {
        // A chain's lambdas have names of their own.
        var nodes = body.DescendantNodes(node => node is not LambdaExpressionSyntax).ToArray();
        var made = nodes.OfType<SingleVariableDesignationSyntax>().Where(local => local.Parent is ParenthesizedVariableDesignationSyntax).Select(local => local.Identifier)
            .Concat(nodes.OfType<VariableDeclaratorSyntax>().Where(IsTensor).Select(local => local.Identifier))
            .Select(identifier => identifier.Text).ToArray();
        Assert.Distinct(made);
        var ends = nodes.OfType<ExpressionSyntax>().Where(IsEnd).ToArray();
        foreach (var name in made.Concat(handed))
        {
            var end = Assert.Single(ends, end => end.ToString() == name);
            if (end.Parent?.Parent?.Parent is not InvocationExpressionSyntax) continue;
            Assert.DoesNotContain(nodes.OfType<ExpressionSyntax>(),
                later => later.SpanStart > end.Span.End && later.Parent is not NameColonSyntax && later.ToString() == name);
        }
        Assert.DoesNotContain(ends, end => IsFreed(end) && lent.Contains(end.ToString()));
    }

    private static IEnumerable<string> Operands(LambdaExpressionSyntax chain) => chain.DescendantNodes().OfType<VariableDeclaratorSyntax>().Where(IsOperand).Select(local => local.Identifier.Text);

    private static bool IsOperand(VariableDeclaratorSyntax local) => local.Initializer!.Value.ToString() is var value && (value.StartsWith("whole[") || value.StartsWith("numbers["));

    [Fact]
    public void The_same_declaration_gives_the_same_text() =>
        Assert.All(Models, model => Assert.Equal(CSharp.Model(model), CSharp.Model(model with { Block = model.Block! with { } })));

    [Fact]
    public void Depth_does_not_lengthen_a_file()
    {
        int Lines(ModelSpec model) => CSharp.Model(model).Split('\n').Length;
        Assert.Equal(Lines(Specs.Plain(4)), Lines(Specs.Plain(48)));
        Assert.Equal(Lines(Specs.Mixing(5, 2)), Lines(Specs.Mixing(48, 24)));
    }

    [Fact]
    public void Every_statement_of_a_fused_method_shows_the_shape_of_its_result()
    {
        foreach (var method in Files.SelectMany(FusedMethods))
            Assert.All(method.Body!.DescendantNodes().OfType<LocalDeclarationStatementSyntax>().Where(local => local.ToString().Contains("Kernels.")),
                statement => Assert.Contains("// ", statement.GetTrailingTrivia().ToString()));
    }

    /// <summary>The methods written from functions of the program.</summary>
    private static IEnumerable<MethodDeclarationSyntax> FusedMethods(string file)
    {
        var tree = CSharpSyntaxTree.ParseText(file);
        Assert.Empty(tree.GetDiagnostics());
        var methods = tree.GetRoot().DescendantNodes().OfType<MethodDeclarationSyntax>();
        return methods.Where(method => method.Body?.ToString().Contains("Kernels.") == true);
    }

    /// <summary>Not the structs that name weights, nor arrays of bundles, parts or results, nor a chain's operands, nor sizes, nor what a loop carries from block to block.</summary>
    private static bool IsTensor(VariableDeclaratorSyntax local) => local.Initializer is { } initializer
        && initializer.Value is not (ObjectCreationExpressionSyntax or ArrayCreationExpressionSyntax or LiteralExpressionSyntax)
        && !(initializer.Value is InvocationExpressionSyntax call && call.Expression.ToString() is "Kernels.Split" or "Kernels.SplitHeads" or "Kernels.Chain") && !IsOperand(local) && !initializer.Value.ToString().Contains(".shape[")
        && local.Identifier.Text != "next" && local.Parent?.Parent is not LocalDeclarationStatementSyntax { UsingKeyword.RawKind: (int)SyntaxKind.UsingKeyword };

    /// <summary>The members of a bundle that a way back is handed to free.</summary>
    private static IEnumerable<string> Restored(MethodDeclarationSyntax method) => method.Identifier.Text.EndsWith("Backward")
        ? method.Body!.DescendantNodes().OfType<MemberAccessExpressionSyntax>().Select(access => access.ToString())
            .Where(access => access.StartsWith("saved.")).Distinct()
        : [];

    /// <summary>Where a tensor stops being this method's: freed, returned, overwritten, disposed with its scope, or kept in the bundle or among chunks.</summary>
    private static bool IsEnd(ExpressionSyntax expression) => IsFreed(expression)
        || expression.Parent is ArgumentSyntax { Parent: ArgumentListSyntax { Parent: InvocationExpressionSyntax over } list } argument && over.Expression.ToString() is var kernel
            && kernel.EndsWith("Over") && typeof(Kernels).GetMethod(kernel["Kernels.".Length..])!.GetParameters()[list.Arguments.IndexOf(argument)].Name == "logits"
        || expression.Parent is AssignmentExpressionSyntax { Left: ElementAccessExpressionSyntax } piece && piece.Right == expression
        || expression.Parent is ReturnStatementSyntax
        || expression.Parent is ArgumentSyntax { Parent: TupleExpressionSyntax { Parent: ReturnStatementSyntax } }
        || expression.Parent is ExpressionElementSyntax { Parent: CollectionExpressionSyntax { Parent: ReturnStatementSyntax } }
        || expression.Parent is AssignmentExpressionSyntax { Parent: InitializerExpressionSyntax } assignment && assignment.Right == expression;

    private static bool IsFreed(ExpressionSyntax expression) =>
        expression.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax call } && call.Expression.ToString() == "Kernels.Free";
}
