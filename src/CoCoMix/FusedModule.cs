using System.ComponentModel;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>What declared models and SAEs share: gradient buffers that their fused steps add to, and a probe.</summary>
public abstract class FusedModule : nn.Module<Tensor, Tensor>
{
    private Tensor[] _copies = [];
    private Gradients? _gradients;

    // Before the first parameter is made.
    static FusedModule()
    {
        _ = Native.CpuMemory.IsUsed;
        Native.VectorMath.FindKernels();
    }

    private protected FusedModule(string name) : base(name) => this.name = GetType().Name;

    /// <summary>The gradient buffers of fused steps, made when they are first asked for.</summary>
    public Gradients Gradients => _gradients = Gradients.For(weights(), _gradients);

    /// <summary>
    /// Sees named intermediate values, of fused steps also their gradients (<c>gradient.NAME</c>); language models show them in eager runs
    /// too. Fused, what is never whole is not shown: the gradient of concept logits, and what the last block makes where only the last of each
    /// group of positions is read (mixing.predicting). A fused value is freed after the call: keep a clone. Concept models name mixing.residual, mixing.concept_logits and so on.
    /// </summary>
    public Action<string, Tensor>? Probe { get; set; }

    /// <summary>Sets the gradients to zero; the buffers of fused steps stay the parameters' <c>grad</c>.</summary>
    public override void zero_grad(bool set_to_none = true)
    {
        if (_gradients is null) base.zero_grad(set_to_none);
        else _gradients.zero_();
    }

    /// <summary>The weights in the order in which they are registered.</summary>
    [EditorBrowsable(EditorBrowsableState.Never)]
    public abstract Tensor[] weights();

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
            _gradients?.Dispose();
            foreach (var copy in _copies) copy.Dispose();
        }
        base.Dispose(disposing);
    }
}
