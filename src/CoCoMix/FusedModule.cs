using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>What declared models and SAEs share: gradient buffers that their fused steps add to, and a probe.</summary>
public abstract class FusedModule : nn.Module<Tensor, Tensor>
{
    private Tensor[] _copies = [];

    // Before the first parameter is made.
    static FusedModule() => _ = Native.CpuMemory.IsUsed;

    private protected FusedModule(string name) : base(name) => this.name = GetType().Name;

    /// <summary>The gradient buffers of fused steps; null before the first.</summary>
    public Gradients? Gradients { get; private set; }

    /// <summary>
    /// Sees named intermediate values, of fused steps also their gradients (<c>gradient.NAME</c>); language models show them in eager runs
    /// too. Fused, what is never whole is not shown: the gradient of concept logits, and what the last block makes where only the last of each
    /// group of positions is read (mixing.predicting). A fused value is freed after the call: keep a clone. Concept models name mixing.residual, mixing.concept_logits and so on.
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

    /// <summary>The weights, or copies of them in another type, made again at each call in memory that stays.</summary>
    internal Tensor[] In(ScalarType? precision, Tensor[] weights)
    {
        if (precision is not { } type || weights[0].dtype == type) return weights;
        if (_copies.Length != weights.Length || _copies[0].dtype != type || _copies[0].device_type != weights[0].device_type)
        {
            foreach (var copy in _copies) copy.Dispose();
            _copies = [.. weights.Select(weight => empty(weight.shape, type, weight.device).DetachFromDisposeScope())];
        }
        for (var i = 0; i < weights.Length; i++) _copies[i].copy_(weights[i]);
        return _copies;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Gradients?.Dispose();
            foreach (var copy in _copies) copy.Dispose();
        }
        base.Dispose(disposing);
    }
}
