using System.Reflection;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Combinations.Tests;

/// <summary>
/// Random declarations of the whole language, compiled with the generator: what they run fused agrees with what they run eagerly in float64,
/// and they train. A failure names the seed and prints the declarations.
/// </summary>
public sealed class CombinationTests
{
    private const int Batches = 8;
    private const int PerBatch = 25;

    private static IEnumerable<Combination> All => Enumerable.Range(0, Batches * PerBatch).Select(seed => new Combination(seed));

    public static TheoryData<int> FirstSeeds => [.. Enumerable.Range(0, Batches).Select(batch => batch * PerBatch)];

    [Theory, MemberData(nameof(FirstSeeds))]
    public async Task Fused_agrees_with_eager_and_trains(int firstSeed)
    {
        var combinations = Enumerable.Range(firstSeed, PerBatch).Select(seed => new Combination(seed)).ToArray();
        var assembly = await Compiled.Load(combinations);
        string[] failures =
        [
            .. from combination in combinations
               let failure = Record.Exception(() => Check(combination, assembly))
               where failure is not null
               select $"Seed {combination.Seed}: {failure.GetType().Name}: {failure.Message}\n{combination}",
        ];
        Assert.True(failures.Length == 0, string.Join("\n\n", failures));
    }

    /// <summary>
    /// Every attribute, every argument with two values at least, where its type has two, and every member of every enum. Classes with code of
    /// their own have tests of their own.
    /// </summary>
    [Fact]
    public void Every_option_of_the_language_is_among_them()
    {
        var stated = All.SelectMany(combination => combination.Stated).Select(at => (at.Attribute, at.Argument.Property, at.Argument.Value)).ToHashSet();
        string[] ofCode = ["Dims", "Eager", "Attention"];
        var attributes = typeof(LanguageModel).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Attribute))
            && type.GetCustomAttribute<AttributeUsageAttribute>()!.ValidOn == AttributeTargets.Class && !ofCode.Contains(Name(type))).ToArray();
        var properties =
            (from attribute in attributes
             from property in attribute.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
             where !ofCode.Contains(property.Name)
             select (Attribute: Name(attribute), property.Name, Type: property.PropertyType)).ToArray();
        var enums = properties.Select(property => property.Type).Where(type => type.IsEnum).Distinct();
        var forgotten = properties.Where(property =>
            stated.Count(at => (at.Attribute, at.Property) == (property.Attribute, property.Name))
            < (property.Type.IsEnum ? Math.Min(2, Enum.GetNames(property.Type).Length) : 2));
        var forgottenMembers = enums.SelectMany(type => Enum.GetNames(type).Select(name => $"{type.Name}.{name}")).Except(stated.Select(at => at.Value));

        Assert.Empty(attributes.Select(Name).Except(All.SelectMany(combination => combination.Attributes)));
        Assert.Empty(forgotten);
        Assert.Empty(forgottenMembers);

        static string Name(Type attribute) => attribute.Name.Split('`')[0].Replace("Attribute", "");
    }

    private static void Check(Combination combination, Assembly assembly)
    {
        using var scope = NewDisposeScope();
        manual_seed(combination.Seed);
        var student = (LanguageModel)New("Student");
        var (b, t) = (1 + combination.Seed % 3, 2 + combination.Seed % (student.Card.Context - 1));
        var ids = randint(0, student.Card.Vocabulary, [b, t], int64);
        var teacher = student.TeacherType is null ? null : (LanguageModel)New("Teacher");
        teacher?.eval();
        Tensor? labels = null;
        if (student.SaeTypes.Count > 0)
        {
            SparseAutoencoder[] saes = [.. Enumerable.Range(0, combination.Saes).Select(i => (SparseAutoencoder)New($"Sae{i}"))];
            labels = student.label(ids, teacher!, saes);
            Assert.Equal([b, t, student.Card.Labels], labels.shape);
            var parts = labels.split([.. student.LabelCounts.Select(count => (long)count)], 2);
            foreach (var (sae, part) in saes.Zip(parts))
            {
                Assert.InRange(part.min().item<long>(), -1, sae.Latents - 1);
                Assert.InRange(part.narrow(1, 0, t - 1).min().item<long>(), 0, sae.Latents - 1);
                Assert.InRange(part.max().item<long>(), 0, sae.Latents - 1);
                StepsAgree(sae, 3 * randn([9, sae.Inputs], float64));
            }
            Leaves(1, () => student.label(ids, teacher!, saes));
        }
        if (!student.RunsTeacher) teacher = null;
        StepsAgree(student, ids, labels, teacher);
        Leaves(1, () => student.evaluate(ids));
        Leaves(0, () => student.forward_backward(ids, labels, teacher).Dispose());
        Trains(student, ids, labels, teacher);

        nn.Module New(string name)
        {
            var module = (nn.Module)Activator.CreateInstance(assembly.GetType($"{combination.Namespace}.{name}")!)!;
            module.to(float64);
            using var _ = no_grad();
            foreach (var parameter in module.parameters()) parameter.add_(0.3 * randn_like(parameter, requires_grad: false));
            return module;
        }
    }

    private static void StepsAgree(LanguageModel model, Tensor ids, Tensor? labels, LanguageModel? teacher)
    {
        // Where the model drops out, both draw the same.
        manual_seed(ids.numel());
        var eager = model.loss(ids, labels, teacher);
        var gradients = Backward(model, eager.Total());
        manual_seed(ids.numel());
        var fused = model.forward_backward(ids, labels, teacher);
        Same("next-token loss", eager.NextToken, fused.NextToken);
        Assert.Equal(eager.Concepts.Count, fused.Concepts.Count);
        foreach (var (expected, concept) in eager.Concepts.Zip(fused.Concepts)) Same("concept loss", expected.Loss, concept.Loss);
        if (fused.Distillation is { } distillation) Same("distillation loss", eager.Distillation!.Loss, distillation.Loss);
        Same("total loss", eager.Total(), fused.Total());
        SameGradients(model, gradients);
        var evaluated = model.evaluate(ids);
        model.eval();
        Same("evaluation", model.loss(ids, labels).NextToken, evaluated);
        model.train();
    }

    private static void StepsAgree(SparseAutoencoder sae, Tensor x)
    {
        var eager = sae.loss(x);
        var gradients = Backward(sae, eager);
        Same("SAE loss", eager, sae.forward_backward(x).Loss);
        SameGradients(sae, gradients);
    }

    /// <summary>Two steps against the gradient make the loss smaller; short ones, as it jumps where another concept becomes active.</summary>
    private static void Trains(LanguageModel model, Tensor ids, Tensor? labels, LanguageModel? teacher)
    {
        model.zero_grad();
        var before = Step();
        for (var step = 0; step < 2; step++)
        {
            optim.SGD(model.parameters(), 1e-5 / model.Gradients!.Flat.norm().item<double>()).step();
            model.zero_grad();
            var after = Step();
            Assert.True(after < before, $"step {step}: the loss goes from {before} to {after}");
            before = after;
        }

        // The same numbers drop out each time.
        double Step()
        {
            manual_seed(ids.numel());
            return model.forward_backward(ids, labels, teacher).Total().item<double>();
        }
    }

    /// <summary>Autograd's gradients by parameter; null where there is none.</summary>
    private static Dictionary<string, Tensor?> Backward(nn.Module module, Tensor loss)
    {
        loss.backward();
        var gradients = module.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad?.clone());
        module.zero_grad(set_to_none: true);
        return gradients;
    }

    private static void SameGradients(nn.Module module, Dictionary<string, Tensor?> expected)
    {
        foreach (var (name, parameter) in module.named_parameters()) Same(name, expected[name] ?? zeros_like(parameter), parameter.grad!);
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
