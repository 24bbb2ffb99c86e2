using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// The gradient buffers that fused code adds to: views of one flat tensor, and the <c>grad</c> of their parameters, so that zeroing and
/// the norm are single operations and TorchSharp's optimizers see them too.
/// </summary>
public sealed class Gradients : IDisposable
{
    private readonly Tensor[] _weights;

    private Gradients(Tensor[] weights)
    {
        _weights = weights;
        // Outlives whatever dispose scope the first step happens to run in.
        Flat = zeros(weights.Sum(w => w.numel()), weights[0].dtype, weights[0].device).DetachFromDisposeScope();
        Buffers = new Tensor[weights.Length];
        long at = 0;
        for (var i = 0; i < weights.Length; i++)
        {
            Buffers[i] = Flat.narrow(0, at, weights[i].numel()).view(weights[i].shape).DetachFromDisposeScope();
            at += weights[i].numel();
        }
        Publish();
    }

    /// <summary>All gradients in the order of the weights, <c>[P]</c>.</summary>
    public Tensor Flat { get; }

    /// <summary>The gradient of each weight, in its shape.</summary>
    public Tensor[] Buffers { get; }

    /// <summary>The buffers of these weights: the current ones, or new ones where weights were replaced (moved, converted).</summary>
    internal static Gradients For(Tensor[] weights, Gradients? current)
    {
        if (current is null || !current.Serves(weights))
        {
            current?.Dispose();
            return new(weights);
        }
        using var first = weights[0].grad;
        if (first is null)
        {
            // Somebody set the gradients to none, which means zero.
            current.zero_();
            current.Publish();
        }
        return current;
    }

    /// <summary>Sets every gradient to zero.</summary>
    public void zero_() => Flat.fill_(0);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in Buffers) buffer.Dispose();
        Flat.Dispose();
    }

    private bool Serves(Tensor[] weights) =>
        weights.Length == _weights.Length && weights.AsSpan().SequenceEqual(_weights, ReferenceEqualityComparer.Instance)
        && weights[0].dtype == Flat.dtype && weights[0].device_type == Flat.device_type;

    private void Publish()
    {
        for (var i = 0; i < _weights.Length; i++) _weights[i].grad = Buffers[i];
    }
}
