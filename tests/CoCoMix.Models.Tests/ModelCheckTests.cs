using static TorchSharp.torch;

namespace CoCoMix.Models.Tests;

public sealed class ModelCheckTests
{
    [Fact]
    public void Every_gradient_of_a_sound_model_is_listed_with_its_error()
    {
        var errors = ModelCheck.Gradients<ReducedWrittenOut>();
        Assert.Contains(errors, error => error.Name == "blocks.2.qkv.weight");
        Assert.Contains(errors, error => error.Name == "evaluation");
        Assert.All(errors, error => Assert.InRange(error.Error, 0, 1e-9));
        Assert.Equal(errors.OrderByDescending(error => error.Error), errors);
    }

    [Theory, InlineData("norm"), InlineData("gradient.mixing.residual")]
    public void A_fused_step_that_computes_something_else_is_named(string sabotaged)
    {
        Sabotaged.At = sabotaged;
        var message = Assert.Throws<InvalidOperationException>(() => ModelCheck.Gradients<Sabotaged>()).Message;
        Assert.StartsWith("The fused code of Sabotaged differs from its eager code: ", message);
    }

    /// <summary>Changes a value of the fused step, which runs with grad mode off.</summary>
    private sealed class Sabotaged : ReducedOpen
    {
        public Sabotaged() => Probe = (name, value) =>
        {
            if (name == At && !is_grad_enabled()) value.mul_(1.001);
        };

        public static string At { get; set; } = "";
    }
}

[LanguageModel(Vocabulary = 203, Context = 32, Width = 26)]
[Blocks<GeluBlock>(2)]
[MixConcepts<ReducedConcepts>(BeforeBlock = 1)]
public partial class ReducedOpen : LanguageModel;
