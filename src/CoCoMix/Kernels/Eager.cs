using CoCoMix.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>
    /// Runs a submodule under autograd: its result, and for the way back the leaf that it read and the result with its graph, which are null
    /// where no way back follows.
    /// </summary>
    /// <param name="module">The block.</param>
    /// <param name="path">The submodule's path in it, or empty for the block itself.</param>
    /// <param name="x"><c>[B, T, D]</c></param>
    /// <param name="forBackward">Whether a way back follows.</param>
    /// <exception cref="InvalidOperationException">The result has another shape.</exception>
    public static (Tensor Y, Tensor Leaf, Tensor Graph) Eager(nn.Module module, string path, Tensor x, bool forBackward)
    {
        var eager = (nn.Module<Tensor, Tensor>)(path.Length == 0 ? module : module.named_modules().First(named => named.name == path).module);
        using var scope = NewDisposeScope();
        using var _ = set_grad_enabled(forBackward);
        // In the type of the module's own parameters, whatever the code around it computes in.
        var given = eager.parameters().FirstOrDefault() is { } parameter ? As(x, parameter) : x.alias();
        var leaf = forBackward ? given.detach().requires_grad_() : given;
        var graph = eager.call(leaf);
        if (!graph.Sizes.AsSpan().SequenceEqual(x.Sizes))
            throw new InvalidOperationException($"{eager.GetType().Name} is [Eager] and must return the shape of its input, [{string.Join(", ", x.Sizes)}], not [{string.Join(", ", graph.Sizes)}].");
        var y = As(graph.detach(), x).MoveToOuterDisposeScope();
        return forBackward ? (y, leaf.MoveToOuterDisposeScope(), graph.MoveToOuterDisposeScope()) : (y, null!, null!);
    }

    /// <summary>The way back of <see cref="Eager"/>: the gradient of what it read; those of its parameters are added to their <c>grad</c>.</summary>
    public static Tensor EagerBackward(Tensor gradient, Tensor leaf, Tensor graph, bool parameters)
    {
        using var given = As(gradient, graph);
        if (parameters) graph.backward([given]);
        using var ofLeaf = parameters ? leaf.grad ?? zeros_like(leaf, requires_grad: false) : autograd.grad([graph], [leaf], [given])[0];
        return As(ofLeaf, gradient);
    }
}
