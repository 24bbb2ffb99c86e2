using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>What declared models and SAEs share: gradient buffers that their fused steps add to, and a probe.</summary>
public abstract class FusedModule : nn.Module<Tensor, Tensor>
{
    // Before the first parameter is made.
    static FusedModule() => _ = Native.CpuMemory.IsUsed;

    private protected FusedModule(string name) : base(name) => this.name = GetType().Name;

    /// <summary>The gradient buffers of fused steps; null before the first.</summary>
    public Gradients? Gradients { get; private set; }

    /// <summary>
    /// Sees named intermediate values, of fused steps also their gradients (<c>gradient.NAME</c>); language models show them in eager runs
    /// too, but for those that a pass never makes, such as that of the concept logits. A fused value is freed after the call: keep a clone. Concept models name mixing.residual, mixing.concept_logits and so on.
    /// </summary>
    public Action<string, Tensor>? Probe { get; set; }

    /// <summary>Sets the gradients to zero; the buffers of fused steps stay the parameters' <c>grad</c>.</summary>
    public override void zero_grad(bool set_to_none = true)
    {
        if (Gradients is null) base.zero_grad(set_to_none);
        else Gradients.zero_();
    }

    /// <summary>The buffers to add the gradients of these weights to.</summary>
    private protected Tensor[] BuffersOf(Tensor[] weights) => (Gradients = Gradients.For(weights, Gradients)).Buffers;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) Gradients?.Dispose();
        base.Dispose(disposing);
    }
}
