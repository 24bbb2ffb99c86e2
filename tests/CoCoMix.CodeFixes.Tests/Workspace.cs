using System.Collections.Immutable;
using CoCoMix.Generators;
using CoCoMix.Generators.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeActions;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;

namespace CoCoMix.CodeFixes.Tests;

/// <summary>A user's project in an editor: its diagnostics, and what becomes of it when quick fixes are applied.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly AdhocWorkspace _workspace = new();
    private readonly ProjectId _project = ProjectId.CreateNewId();

    public Workspace(params string[] sources)
    {
        var options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable);
        Solution = _workspace.CurrentSolution.AddProject(ProjectInfo.Create(
            _project, VersionStamp.Default, "User", "User", LanguageNames.CSharp, compilationOptions: options, metadataReferences: Compilations.References));
        for (var i = 0; i < sources.Length; i++) Solution = Solution.AddDocument(DocumentId.CreateNewId(_project), $"File{i}.cs", sources[i], filePath: $"File{i}.cs");
    }

    public Solution Solution { get; private set; }

    private Project Project => Solution.GetProject(_project)!;

    /// <summary>The text of all files.</summary>
    public async Task<string> Text() => string.Join("\n", await Task.WhenAll(Project.Documents.Select(async document => (await document.GetTextAsync()).ToString())));

    /// <summary>What the analyzer reports before any code has been generated.</summary>
    public async Task<ImmutableArray<Diagnostic>> Diagnostics() =>
        await (await Project.GetCompilationAsync())!.WithAnalyzers([new DeclarationAnalyzer()]).GetAnalyzerDiagnosticsAsync();

    /// <summary>Errors of the compiler, with the code that the generator writes.</summary>
    public async Task<IEnumerable<Diagnostic>> Errors() => (await Project.GetCompilationAsync())!.Generate().Errors();

    /// <summary>The quick fixes of a diagnostic.</summary>
    public async Task<IReadOnlyList<CodeAction>> Fixes(Diagnostic diagnostic)
    {
        var actions = new List<CodeAction>();
        await new ApplyEdit().RegisterCodeFixesAsync(new(Solution.GetDocument(diagnostic.Location.SourceTree)!, diagnostic, (action, _) => actions.Add(action), default));
        return actions;
    }

    public async Task Apply(CodeAction fix)
    {
        // An editor shows what will change before it does.
        Assert.NotEmpty(await fix.GetPreviewOperationsAsync(default));
        Solution = (await fix.GetOperationsAsync(default)).OfType<ApplyChangesOperation>().Single().ChangedSolution;
    }

    /// <summary>The fix of a diagnostic for all of its kind in the solution.</summary>
    public async Task<CodeAction?> FixAll(Diagnostic diagnostic)
    {
        var fix = (await Fixes(diagnostic)).Single();
        var provider = new ApplyEdit();
        return await provider.GetFixAllProvider().GetFixAsync(new FixAllContext(
            Solution.GetDocument(diagnostic.Location.SourceTree)!, provider, FixAllScope.Solution, fix.EquivalenceKey!, [diagnostic.Id], new Reported(this), default));
    }

    public void Dispose() => _workspace.Dispose();

    private sealed class Reported(Workspace workspace) : FixAllContext.DiagnosticProvider
    {
        public override async Task<IEnumerable<Diagnostic>> GetAllDiagnosticsAsync(Project project, CancellationToken cancellation) => await workspace.Diagnostics();

        public override async Task<IEnumerable<Diagnostic>> GetDocumentDiagnosticsAsync(Document document, CancellationToken cancellation) =>
            (await workspace.Diagnostics()).Where(diagnostic => diagnostic.Location.SourceTree?.FilePath == document.FilePath);

        public override Task<IEnumerable<Diagnostic>> GetProjectDiagnosticsAsync(Project project, CancellationToken cancellation) => Task.FromResult<IEnumerable<Diagnostic>>([]);
    }
}
