using CoCoMix.Generators.Tests;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Host.Mef;
using Microsoft.CodeAnalysis.QuickInfo;

namespace CoCoMix.CodeFixes.Tests;

/// <summary>What an editor shows where a declared class, or a layer that was generated for it, is pointed at.</summary>
public class HoverTests
{
    [Fact]
    public async Task A_model_shows_shapes_parameters_and_FLOPs()
    {
        var shown = await Hover(new Sources().ToString(), "class Student", "Student");
        Assert.Contains("ids [B, T], T up to 16, to logits [B, T, 100] through 3 blocks of [B, T, 48], from block 1 on of [B, 2*T, 48].", shown);
        // 100 * 48 tokens, 16 * 48 positions, a norm of 96, a head of 2 * 64 * 48 + 64 + 2 * 48, and blocks of 12 * 48^2 + 13 * 48.
        Assert.Contains("96,784 parameters, 28,272 of them in each block.", shown);
        Assert.Contains("FLOPs of a token:", shown);
    }

    [Fact]
    public async Task The_users_own_summary_comes_first()
    {
        var shown = await Hover(new Sources { Block = "/// <summary>My block.</summary>\n" + new Sources().Block }.ToString(), "class Block", "Block");
        Assert.Matches(@"(?s)My block\..*\[B, T, D\] to \[B, T, D\], D the width of the model\..*12 \* D \* D \+ 13 \* D parameters", shown);
    }

    [Theory]
    [InlineData("class Sae", "Sae", "Hidden states [N, 32] to latents [N, 64], 8 of them active, and back.")]
    [InlineData("class Head", "Head", "[B, T, D] to concepts [B, T, D] and logits [B, T, 64], 8 of them mixed.")]
    public async Task Heads_and_autoencoders_show_theirs(string at, string name, string expected) =>
        Assert.Contains(expected, await Hover(new Sources().ToString(), at, name));

    [Fact]
    public async Task A_class_with_code_shows_its_layers()
    {
        var shown = await Hover(Sources.WithCode.ToString(), "class Block", "Block");
        Assert.Contains("[B, T, D] to [B, T, D], in the dimensions D, H.", shown);
        Assert.Contains("inner: weight [D, D], bias [D], D * D + D parameters, 2 * D * D FLOPs of a token.", shown);
    }

    [Theory]
    [InlineData("model.tokens", "Token embeddings, [100, 48], and the output head: 4,800 parameters.")]
    [InlineData("model.blocks", "3 blocks, each [B, T, 48] to [B, T, 48]: 28,272 parameters,")]
    [InlineData("model.concepts", "The concept head, mixed in before block 1. 6,304 parameters.")]
    [InlineData("model.blocks[0].attention", "Causal self-attention. 4 * D * D + 4 * D parameters: qkv.weight [3*D, D], qkv.bias [3*D], output.weight [D, D], output.bias [D].")]
    public async Task A_layer_shows_its_parameters(string expression, string expected)
    {
        var use = $"\nstatic class Use {{ static object Layer(Student model) => {expression}; }}";
        Assert.Contains(expected, await Hover(new Sources() + use, $"=> {expression}", expression.Split('.')[^1]));
    }

    /// <summary>The text of an editor's quick info on the last occurrence of a name after some text.</summary>
    private static async Task<string> Hover(string source, string after, string name)
    {
        using var workspace = new AdhocWorkspace(MefHostServices.Create(MefHostServices.DefaultAssemblies));
        var id = ProjectId.CreateNewId();
        var solution = workspace.CurrentSolution.AddProject(ProjectInfo.Create(id, VersionStamp.Default, "User", "User", LanguageNames.CSharp,
            compilationOptions: new Microsoft.CodeAnalysis.CSharp.CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary), metadataReferences: Compilations.References));
        solution = solution.AddDocument(DocumentId.CreateNewId(id), "File.cs", source);
        foreach (var tree in (await solution.GetProject(id)!.GetCompilationAsync())!.Generate().SyntaxTrees.Skip(1))
            solution = solution.AddDocument(DocumentId.CreateNewId(id), Path.GetFileName(tree.FilePath), await tree.GetTextAsync());
        var document = solution.GetProject(id)!.Documents.First();
        var position = source.IndexOf(after, StringComparison.Ordinal) + after.LastIndexOf(name, StringComparison.Ordinal) + 1;
        var info = await QuickInfoService.GetService(document)!.GetQuickInfoAsync(document, position);
        return string.Join("\n", info!.Sections.Select(section => section.Text));
    }
}
