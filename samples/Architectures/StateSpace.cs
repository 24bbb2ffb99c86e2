using CoCoMix;
using TorchSharp.Modules;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Architectures;

/// <summary>Each channel a linear recurrence over N states, h = a h + u and y = c h, written as its convolution; gated.</summary>
[Dims("D, N")]
public sealed partial class StateSpaceBlock : TransformerBlock
{
    [RmsNorm("D")]                          private readonly RmsNorm norm;
    [Linear("D -> 2*D")]                    private readonly Linear input;
    [Linear("D -> D")]                      private readonly Linear output;
    [Parameter("D, N", Mean = 2, Std = 1)]  private readonly Parameter rate;
    [Parameter("D, N", Std = 0.3)]          private readonly Parameter readout;
    [Parameter("D", Mean = 1)]              private readonly Parameter skip;

    public override Tensor forward(Tensor x)            // [B, T, D]
    {
        var t = x.shape[1];
        var parts = input.call(norm.call(x)).chunk(2, dim: -1);
        var (u, gate) = (parts[0], parts[1]);

        // Column s of row i holds how much of input s is left in state i: a^(i - s).
        var positions = arange(t, dtype: ScalarType.Float32);
        var steps = (positions.unsqueeze(1) - positions.unsqueeze(0)).tril();                  // [T, T]
        var memory = (functional.logsigmoid(rate).unsqueeze(-1).unsqueeze(-1) * steps).exp();  // [D, N, T, T]
        var kernel = einsum("dn,dnts->dts", readout, memory).tril();                           // [D, T, T]

        var y = einsum("dts,bsd->btd", kernel, u) + skip * u;
        return x + output.call(y * functional.silu(gate));
    }
}

[LanguageModel(Vocabulary = 256, Context = 64, Width = 32, Positions = Positions.None)]
[Blocks<StateSpaceBlock>(3, Dims = "N = 4")]
public sealed partial class StateSpace : LanguageModel;
