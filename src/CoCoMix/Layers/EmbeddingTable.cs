using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>
/// Rows looked up by id. TorchSharp's own Embedding makes a new object each time its weight is read; a fused step needs the one parameter.
/// </summary>
public sealed class EmbeddingTable : nn.Module<Tensor, Tensor>
{
    /// <summary><c>[count, D]</c></summary>
    public Parameter weight;

    private bool _registered;

    /// <summary>A table with GPT-2's initial weights.</summary>
    /// <param name="count">Number of ids.</param>
    /// <param name="width">D.</param>
    public EmbeddingTable(long count, long width) : base(nameof(EmbeddingTable))
    {
        weight = Initial.Parameter(randn(count, width).mul_(Initial.Std));
        RegisterComponents();
    }

    /// <param name="ids">int64 <c>[...]</c></param>
    /// <returns><c>[..., D]</c></returns>
    public override Tensor forward(Tensor ids) => weight.index_select(0, ids.flatten()).view([.. ids.shape, weight.shape[1]]);

    /// <inheritdoc/>
    protected override void RegisterComponents()
    {
        if (_registered) return;
        _registered = true;
        register_parameter(nameof(weight), weight);
    }
}
