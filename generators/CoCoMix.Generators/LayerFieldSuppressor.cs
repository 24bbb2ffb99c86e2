using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.Generators;

/// <summary>
/// Fields with a layer's attribute are assigned by the generated constructor, unless the class has its own. Where that is not written yet, or cannot be because of a mistake
/// that has its own error, the compiler's warnings about them say nothing new.
/// </summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class LayerFieldSuppressor : DiagnosticSuppressor
{
    private static readonly ImmutableArray<SuppressionDescriptor> Descriptors =
    [
        .. from id in new[] { "CS0649", "CS8618", "CS0169", "CS0414" }
           select new SuppressionDescriptor($"CCMS{id.Substring(2)}", id, "The generated constructor assigns fields that describe a layer."),
    ];

    public override ImmutableArray<SuppressionDescriptor> SupportedSuppressions => Descriptors;

    public override void ReportSuppressions(SuppressionAnalysisContext context)
    {
        foreach (var diagnostic in context.ReportedDiagnostics)
        {
            var symbol = diagnostic.Location.SourceTree is { } tree && tree.GetRoot(context.CancellationToken).FindNode(diagnostic.Location.SourceSpan) is var node
                ? context.GetSemanticModel(tree).GetDeclaredSymbol(node, context.CancellationToken) : null;
            if (symbol is IFieldSymbol field && AppliedAttribute.On(field) is not null && !ModuleReader.HasConstructor(field.ContainingType))
            {
                context.ReportSuppression(Suppression.Create(Descriptors.First(descriptor => descriptor.SuppressedDiagnosticId == diagnostic.Id), diagnostic));
            }
        }
    }
}
