using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Testing;

namespace CoCoMix.Generators.Tests;

/// <summary>Runs the analyzer beside the generator, as a build does, so that an error that is not the analyzer's fails too.</summary>
internal sealed class AnalyzerTest : CSharpAnalyzerTest<DeclarationAnalyzer, DefaultVerifier>
{
    public AnalyzerTest(string source)
    {
        TestCode = source;
        ReferenceAssemblies = new("net10.0");
        TestState.AdditionalReferences.AddRange(Compilations.References);
        TestBehaviors = TestBehaviors.SkipGeneratedSourcesCheck;
    }

    protected override IEnumerable<Type> GetSourceGenerators() => [typeof(ModelGenerator)];
}
