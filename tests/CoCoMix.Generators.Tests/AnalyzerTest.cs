using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Testing;

namespace CoCoMix.Generators.Tests;

/// <summary>Runs the analyzer as an editor does before any code has been generated: an error that is not the analyzer's fails too.</summary>
internal sealed class AnalyzerTest : CSharpAnalyzerTest<DeclarationAnalyzer, DefaultVerifier>
{
    public AnalyzerTest(string source)
    {
        TestCode = source;
        ReferenceAssemblies = new("net10.0");
        TestState.AdditionalReferences.AddRange(Compilations.References);
    }
}
