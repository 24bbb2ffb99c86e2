using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Base of declared language models.</summary>
public class LanguageModel : nn.Module<Tensor, Tensor>
{
    /// <summary>Called by the generated constructor.</summary>
    protected LanguageModel() : base("LanguageModel") => name = GetType().Name;

    /// <summary>Runs the model eagerly, under autograd where grad mode is on.</summary>
    /// <param name="ids">Token ids, int64 <c>[B, T]</c>.</param>
    /// <returns>Logits, <c>[B, T, V]</c>.</returns>
    public override Tensor forward(Tensor ids) => throw NotGenerated.For(this);
}
