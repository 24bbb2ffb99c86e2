using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Base of declared concept heads.</summary>
public class ConceptHead : nn.Module<Tensor, Tensor>
{
    /// <summary>Called by the generated constructor.</summary>
    protected ConceptHead() : base("ConceptHead") => name = GetType().Name;

    /// <summary>Turns hidden states into continuous concepts.</summary>
    /// <param name="h">Hidden states, <c>[B, T, D]</c>.</param>
    /// <returns>Continuous concepts, <c>[B, T, D]</c>.</returns>
    public override Tensor forward(Tensor h) => throw NotGenerated.For(this);
}
