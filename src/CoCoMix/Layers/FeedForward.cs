using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>The position-wise feed-forward <c>down(activation(up(x)))</c>, or gated <c>down(activation(gate(x)) * up(x))</c>.</summary>
public sealed class FeedForward : nn.Module<Tensor, Tensor>
{
    /// <summary><c>[hidden, D]</c>, or null without a gate.</summary>
    public readonly Linear? gate;

    /// <summary><c>[hidden, D]</c></summary>
    public readonly Linear up;

    /// <summary><c>[D, hidden]</c></summary>
    public readonly Linear down;

    private readonly Activation _activation;
    private readonly double _dropout;
    private bool _registered;

    /// <summary>A feed-forward on a residual stream of width D.</summary>
    /// <param name="width">D.</param>
    /// <param name="hidden">Width between the projections.</param>
    /// <param name="bias">Whether the projections have biases.</param>
    /// <param name="depth">Blocks in the model, for the initial weights.</param>
    /// <param name="activation">The non-linearity.</param>
    /// <param name="gated">Whether a third projection gates.</param>
    /// <param name="dropout">Probability of dropout of the result, in training.</param>
    public FeedForward(
        int width, int hidden, bool bias, int depth = 1, Activation activation = Activation.GeluTanh, bool gated = false, double dropout = 0)
        : base(nameof(FeedForward))
    {
        (_activation, _dropout) = (activation, dropout);
        gate = gated ? Initial.Linear(width, hidden, bias) : null;
        up = Initial.Linear(width, hidden, bias);
        down = Initial.Linear(hidden, width, bias, residualDepth: depth);
        RegisterComponents();
    }

    /// <param name="x"><c>[B, T, D]</c></param>
    /// <returns><c>[B, T, D]</c></returns>
    public override Tensor forward(Tensor x)
    {
        var u = up.call(x);
        return nn.functional.dropout(down.call(gate is null ? Activate(u) : Activate(gate.call(x)) * u), _dropout, training);
    }

    private Tensor Activate(Tensor x) => _activation switch
    {
        Activation.Gelu => nn.functional.gelu(x),
        Activation.Silu => x * x.sigmoid(),
        Activation.ReluSquared => x.relu().square(),
        _ => 0.5 * x * (1 + tanh(Math.Sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x))),
    };

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        if (gate is not null) register_module(nameof(gate), gate);
        register_module(nameof(up), up);
        register_module(nameof(down), down);
    }
}
