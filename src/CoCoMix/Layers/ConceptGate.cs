using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// How much of a concept enters a hidden state, number by number: <c>sigmoid(W [h; c] + b) * c</c>. The bias starts at zero, so that gates
/// start near a half, where they learn fastest.
/// </summary>
public sealed class ConceptGate : nn.Module<Tensor, Tensor, Tensor>
{
    /// <summary><c>[D, 2D]</c></summary>
    public readonly Linear gate;

    private bool _registered;

    /// <summary>A gate on a residual stream of width D.</summary>
    /// <param name="width">D.</param>
    public ConceptGate(int width) : base(nameof(ConceptGate))
    {
        gate = Initial.Linear(2 * width, width, bias: true);
        RegisterComponents();
    }

    /// <param name="h">Hidden states, <c>[B, T, D]</c>.</param>
    /// <param name="concepts"><c>[B, T, D]</c></param>
    /// <returns>What is added to the hidden states, <c>[B, T, D]</c>.</returns>
    public override Tensor forward(Tensor h, Tensor concepts) => gate.call(cat([h, concepts], -1)).sigmoid() * concepts;

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_module(nameof(gate), gate);
    }
}
