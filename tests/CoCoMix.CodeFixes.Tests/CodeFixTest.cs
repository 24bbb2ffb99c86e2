using CoCoMix.Generators;
using CoCoMix.Generators.Tests;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Testing;

namespace CoCoMix.CodeFixes.Tests;

/// <summary>Applies a quick fix one by one, and to all at once in the document, the project and the solution.</summary>
internal sealed class CodeFixTest : CSharpCodeFixTest<DeclarationAnalyzer, ApplyEdit, DefaultVerifier>
{
    public CodeFixTest(string[] broken, string[] mended)
    {
        foreach (var (before, after) in broken.Zip(mended))
        {
            TestState.Sources.Add(before);
            FixedState.Sources.Add(after);
        }
        ReferenceAssemblies = new("net10.0");
        TestState.AdditionalReferences.AddRange(Compilations.References);
    }
}
