using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

/// <summary>What a constructor makes is what its class's attributes say; one sentence says where it is not.</summary>
public sealed class DeclaredWeightsTests
{
    [Fact]
    public void A_layer_that_is_not_made() => Refused(new ForgetfulModel(),
        "ForgetfulBlock declares the parameter 'other.weight' but has not registered it: make the layer in the constructor, before RegisterComponents().");

    [Fact]
    public void A_layer_without_its_bias() => Refused(new UnbiasedModel(),
        "UnbiasedLinearBlock declares the parameter 'inner.bias' but has not registered it: make the layer in the constructor, before RegisterComponents().");

    [Fact]
    public void A_layer_without_an_attribute() => Refused(new ExtraModel(),
        "ExtraBlock has registered 'extra.weight', which no attribute declares: give its field an attribute, or the class [Eager].");

    [Fact]
    public void A_layer_of_another_size() => Refused(new WideModel(),
        "'inner.weight' of WideBlock is [16, 8], but its attribute says [8, 8].");

    [Fact]
    public void Parameters_are_listed_as_declared_in_whatever_order_they_are_made()
    {
        using var model = new TurnedModel();
        Assert.Equal(
            ["blocks.0.first.weight", "blocks.0.first.bias", "blocks.0.second.weight", "blocks.0.second.bias"],
            model.weights().Select(weight => model.named_parameters().Single(pair => ReferenceEquals(pair.parameter, weight)).name)
                .Where(name => name.StartsWith("blocks.", StringComparison.Ordinal)));
    }

    private static void Refused(LanguageModel model, string sentence)
    {
        using (model)
        {
            Assert.Equal(sentence, Assert.Throws<InvalidOperationException>(() => model.weights()).Message);
        }
    }
}

[Dims("D")]
public class ForgetfulBlock : nn.Module<Tensor, Tensor>
{
    [Linear("D -> D")] private readonly Linear inner;
    [Linear("D -> D")] private readonly Linear other = null!;

    public ForgetfulBlock(long width) : base(nameof(ForgetfulBlock))
    {
        inner = nn.Linear(width, width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => inner.call(x) + other.call(x);
}

[Dims("D")]
public class UnbiasedLinearBlock : nn.Module<Tensor, Tensor>
{
    [Linear("D -> D")] private readonly Linear inner;

    public UnbiasedLinearBlock(long width) : base(nameof(UnbiasedLinearBlock))
    {
        inner = nn.Linear(width, width, hasBias: false);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => inner.call(x);
}

[Dims("D")]
public class ExtraBlock : nn.Module<Tensor, Tensor>
{
    [Linear("D -> D")] private readonly Linear inner;
    private readonly Linear extra;

    public ExtraBlock(long width) : base(nameof(ExtraBlock))
    {
        inner = nn.Linear(width, width);
        extra = nn.Linear(width, width);
        RegisterComponents();
    }

    public Linear Extra => extra;

    public override Tensor forward(Tensor x) => inner.call(x);
}

[Dims("D")]
public class WideBlock : nn.Module<Tensor, Tensor>
{
    [Linear("D -> D")] private readonly Linear inner;

    public WideBlock(long width) : base(nameof(WideBlock))
    {
        inner = nn.Linear(width, 2 * width);
        RegisterComponents();
    }

    public override Tensor forward(Tensor x) => inner.call(x);
}

[Dims("D")]
public class TurnedBlock : nn.Module<Tensor, Tensor>
{
    [Linear("D -> D")] private readonly Linear first;
    [Linear("D -> D")] private readonly Linear second;

    public TurnedBlock(long width) : base(nameof(TurnedBlock))
    {
        second = nn.Linear(width, width);
        first = nn.Linear(width, width);
        register_module(nameof(second), second);
        register_module(nameof(first), first);
    }

    public override Tensor forward(Tensor x) => second.call(first.call(x));
}

[LanguageModel(Vocabulary = 11, Context = 4, Width = 8)]
[Blocks<ForgetfulBlock>(1)]
public sealed partial class ForgetfulModel : LanguageModel;

[LanguageModel(Vocabulary = 11, Context = 4, Width = 8)]
[Blocks<UnbiasedLinearBlock>(1)]
public sealed partial class UnbiasedModel : LanguageModel;

[LanguageModel(Vocabulary = 11, Context = 4, Width = 8)]
[Blocks<ExtraBlock>(1)]
public sealed partial class ExtraModel : LanguageModel;

[LanguageModel(Vocabulary = 11, Context = 4, Width = 8)]
[Blocks<WideBlock>(1)]
public sealed partial class WideModel : LanguageModel;

[LanguageModel(Vocabulary = 11, Context = 4, Width = 8)]
[Blocks<TurnedBlock>(1)]
public sealed partial class TurnedModel : LanguageModel;
