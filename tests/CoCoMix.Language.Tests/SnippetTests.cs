using System.Collections;
using CoCoMix.Engine.Emission;
using CoCoMix.Engine.Language;
using CoCoMix.Engine.Spec;
using CoCoMix.Generators;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Language.Tests;

/// <summary>
/// Forward passes as people write them: nobody complains, and fused code gives the losses and gradients of eager autograd in float64.
/// </summary>
public sealed class SnippetTests
{
    public static TheoryData<string> Tables => [.. Snippets.Tables.Keys];

    [Theory, MemberData(nameof(Tables))]
    public void Fused_code_computes_what_the_snippet_does(string table)
    {
        var snippets = Snippets.Tables[table];
        var assembly = Compiled.Load(snippets, out var problems);
        var failures = problems.Select(problem => $"{(problem.Key < 0 ? "" : snippets[problem.Key])}: {problem.MaxBy(one => one.Severity)}").ToList();
        if (assembly is not null)
        {
            for (var i = 0; i < snippets.Count; i++)
            {
                if (problems.Contains(i)) continue;
                var model = assembly.GetType($"{Compiled.Namespace(i)}.Model")!;
                var failure = Record.Exception(() => Check(model));
                if (failure is not null) failures.Add($"{snippets[i]}: {failure.GetType().Name}: {failure.Message}");
            }
        }
        Assert.True(failures.Count == 0, string.Join("\n", failures));
    }

    [Fact]
    public void Every_function_of_the_language_is_in_a_snippet()
    {
        var snippets = Snippets.Tables.Values.SelectMany(table => table).ToArray();
        var compilation = Compiled.Of(snippets.Select((snippet, i) => snippet.Source(Compiled.Namespace(i))));
        var used = snippets.SelectMany((_, i) => Used(((ModuleSpec)SpecReader.Read(compilation.GetTypeByMetadataName($"{Compiled.Namespace(i)}.Block")!).Spec).Methods));

        Assert.Equal("", string.Join(", ", Functions.Names.Except(used)));
    }

    /// <summary>What an assembly carries of a class says all of it.</summary>
    [Theory, MemberData(nameof(Tables))]
    public void Code_is_the_same_after_it_was_text(string table)
    {
        var snippets = Snippets.Tables[table];
        var compilation = Compiled.Of(snippets.Select((snippet, i) => snippet.Source(Compiled.Namespace(i))));
        for (var i = 0; i < snippets.Count; i++)
        {
            var model = (ModelSpec)SpecReader.Read(compilation.GetTypeByMetadataName($"{Compiled.Namespace(i)}.Model")!).Spec;
            var own = model.Block!.Own!;
            var read = ModuleText.Read(ModuleText.Write(own.Module))!;
            Assert.Equal(CSharp.Model(model), CSharp.Model(model with { Block = model.Block with { Own = own with { Module = read } } }));
            Assert.Equal(ModuleText.Write(own.Module), ModuleText.Write(read));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("cocomix-0('N')")]
    [InlineData("cocomix-1")]
    [InlineData("cocomix-1('N'")]
    [InlineData("cocomix-1('N'\"Block\")")]
    [InlineData("cocomix-1('N''Block''1''TransformerBlock''0''0'()()(('forward''0'()(('nothing')))))")]
    public void Text_of_another_version_is_not_read(string text) => Assert.Null(ModuleText.Read(text));

    /// <summary>The functions that code applies, at any depth.</summary>
    private static IEnumerable<string> Used(object? code) => code switch
    {
        Apply apply => apply.Arguments.SelectMany(argument => Used(argument.Value)).Prepend(apply.Function),
        string or null => [],
        IEnumerable several => several.Cast<object>().SelectMany(Used),
        _ => code.GetType().GetProperties().Select(property => property.GetValue(code)).Where(value => value is IEnumerable or Expression or Argument or Statement).SelectMany(Used),
    };

    private static void Check(Type type)
    {
        using var scope = NewDisposeScope();
        set_default_dtype(float64);
        manual_seed(type.FullName!.Length);
        var model = (LanguageModel)Activator.CreateInstance(type)!;
        model.to(float64);
        using (no_grad())
            foreach (var parameter in model.parameters()) parameter.add_(0.3 * randn_like(parameter, requires_grad: false));
        foreach (var (b, t) in new[] { (2, 5), (1, 2) })
        {
            var ids = randint(0, model.Card.Vocabulary, [b, t], int64);
            // What drops out, drops out the same.
            manual_seed(b);
            var eager = model.loss(ids);
            eager.Total().backward();
            var expected = model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad?.clone());
            model.zero_grad(set_to_none: true);
            manual_seed(b);
            Same($"loss of ({b}, {t})", eager.NextToken, model.forward_backward(ids).NextToken);
            model.eval();
            using (no_grad()) Same($"evaluation of ({b}, {t})", model.loss(ids).NextToken, model.evaluate(ids));
            model.train();
            foreach (var (name, parameter) in model.named_parameters())
                Same($"{name} of ({b}, {t})", expected[name] ?? zeros_like(parameter), parameter.grad!);
            model.zero_grad();
            Leaves(0, () => model.forward_backward(ids).Dispose());
            Leaves(1, () => model.evaluate(ids));
            model.zero_grad(set_to_none: true);
        }
    }

    private static void Same(string what, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var error = (expected - actual).abs().max().item<double>();
        var scale = Math.Max(1e-3, expected.abs().max().item<double>());
        Assert.True(error <= 1e-9 * scale, $"{what}: error {error:g3} of {scale:g3}");
    }

    /// <summary>Fused code frees what it does not return.</summary>
    private static void Leaves(int tensors, Action run)
    {
        using var scope = NewDisposeScope();
        run();
        Assert.Equal(tensors, scope.DisposablesCount);
    }
}
