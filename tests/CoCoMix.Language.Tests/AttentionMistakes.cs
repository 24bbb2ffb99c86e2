namespace CoCoMix.Language.Tests;

/// <summary>A block as people write it, and what goes wrong in such blocks: one change each.</summary>
internal static class AttentionMistakes
{
    /// <summary>Sound as it stands.</summary>
    public const string Block = """
        using System;
        using CoCoMix;
        using TorchSharp;
        using TorchSharp.Modules;
        using static TorchSharp.torch;
        using F = TorchSharp.torch.nn.functional;

        namespace N;

        [Dims("D, H")]
        public sealed partial class Block : TransformerBlock
        {
            [LayerNorm("D")]                    private readonly LayerNorm norm;
            [Linear("D -> 3*D", Bias = false)]  private readonly Linear qkv;
            [Linear("D -> D")]                  private readonly Linear project;
            [Linear("D -> 4*D")]                private readonly Linear up;
            [Linear("4*D -> D")]                private readonly Linear down;
            [Parameter("H, 1, 1", Mean = 1)]    private readonly Parameter gain;
            [Size("H")]                         private readonly int heads;
            [Size("D/H")]                       private readonly int each;

            public override Tensor forward(Tensor x)
            {
                var (b, t, d) = (x.shape[0], x.shape[1], x.shape[2]);
                var n = norm.call(x);
                var parts = qkv.call(n).view(b, t, 3, heads, each).permute(2, 0, 3, 1, 4);
                var (q, k, v) = (parts[0], parts[1], parts[2]);
                var scores = q.matmul(k.transpose(-2, -1)) / Math.Sqrt(each) * gain;
                var hidden = ones(t, t).triu(1) > 0;
                var weights = scores.masked_fill(hidden, float.NegativeInfinity).softmax(-1);
                var attended = weights.matmul(v).transpose(1, 2).reshape(b, t, d);
                var h = x + project.call(attended);
                return h + down.call(F.gelu(up.call(h)));
            }
        }

        [LanguageModel(Vocabulary = 17, Context = 8, Width = 12)]
        [Blocks<Block>(1, Dims = "H = 3")]
        public sealed partial class Model : LanguageModel;
        """;

    /// <param name="Sound">What stands in <see cref="Block"/>.</param>
    /// <param name="Mistaken">What someone wrote there, at fault at <c>{|CCM4021:...|}</c>.</param>
    /// <param name="Place">What else stands there, marked, where the diagnostic is not at what was written.</param>
    public sealed record Slip(string Name, string Sound, string Mistaken, string Message, (string Sound, string Marked)? Place = null)
    {
        public string Source => Place is var (sound, marked) ? Block.Replace(Sound, Mistaken).Replace(sound, marked) : Block.Replace(Sound, Mistaken);

        public override string ToString() => Name;
    }

    public static IReadOnlyList<Slip> All { get; } =
    [
        new("keys that were not transposed", "q.matmul(k.transpose(-2, -1))", "{|CCM4021:q.matmul(k)|}", "In 'Block', matmul cannot multiply [B, H, T, D/H] with [B, H, T, D/H]: D / H columns, not T rows; transpose the second operand, .transpose(-2, -1)"),
        new("keys transposed along other axes", "q.matmul(k.transpose(-2, -1))", "{|CCM4021:q.matmul(k.transpose(1, 2))|}", "In 'Block', matmul cannot multiply [B, H, T, D/H] with [B, T, H, D/H]: D / H columns, not H rows; the second operand needs D / H on its last axis but one"),
        new("operands the wrong way round", "weights.matmul(v)", "{|CCM4021:v.matmul(weights)|}", "In 'Block', matmul cannot multiply [B, H, T, D/H] with [B, H, T, T]: D / H columns, not T rows; exchange the operands"),
        new("heads that were not merged", "project.call(attended)", "{|CCM4021:project.call(weights.matmul(v))|}", "In 'Block', linear cannot multiply [B, H, T, D/H] with the weight [D, D]: D / H inputs, not D; merge the heads first, as in transpose(1, 2).flatten(2)"),
        new("heads merged without being transposed", "weights.matmul(v).transpose(1, 2).reshape(b, t, d)", "{|CCM4106:weights.matmul(v).reshape(b, t, d)|}", "In 'Block', this reshape of [B, H, T, D/H] to [B, T, D] cuts anew through T, which stands behind other axes than before, so that positions are mixed up: bring T to its place first, with transpose or permute"),
        new("heads brought back along other axes", "weights.matmul(v).transpose(1, 2).reshape(b, t, d)", "{|CCM4106:weights.matmul(v).transpose(1, 3).reshape(b, t, d)|}", "In 'Block', this reshape of [B, D/H, T, H] to [B, T, D] cuts anew through T, which stands behind other axes than before, so that positions are mixed up: bring T to its place first, with transpose or permute"),
        new("a mask that is one too long", "scores.masked_fill(hidden, float.NegativeInfinity)", "{|CCM4022:scores.masked_fill(ones(t + 1, t + 1).triu(1) > 0, float.NegativeInfinity)|}", "In 'Block', masked_fill cannot broadcast [B, H, T, T] with [T+1, T+1]; axis -1 is T in the first and T + 1 in the second: the second is over by 1, take as many of both"),
        new("a mask of numbers", "scores.masked_fill(hidden, float.NegativeInfinity)", "{|CCM4025:scores.masked_fill(ones(t, t).triu(1), float.NegativeInfinity)|}", "In 'Block', masked_fill needs booleans, not numbers of shape [T, T]; compare to get booleans, as in x > 0"),
        new("a softmax over queries", "scores.masked_fill(hidden, float.NegativeInfinity).softmax(-1)", "{|CCM4103:scores.masked_fill(hidden, float.NegativeInfinity).softmax(-2)|}", "In 'Block', the softmax normalises axis 2 of [B, H, T, T], but the product with [B, H, T, D/H] sums over axis 3, where the weights then do not add up to 1: take the softmax over -1"),
        new("a softmax over the batch", "scores.masked_fill(hidden, float.NegativeInfinity).softmax(-1)", "{|CCM4101:scores.masked_fill(hidden, float.NegativeInfinity).softmax(0)|}", "In 'Block', softmax normalises axis 0 of [B, H, T, T], which is the batch, so that the examples of a batch change each other: take one of its own axes, such as the last, -1"),
        new("an axis that is not there", "scores.masked_fill(hidden, float.NegativeInfinity).softmax(-1)", "{|CCM4024:scores.masked_fill(hidden, float.NegativeInfinity).softmax(4)|}", "In 'Block', axis 4 is not among the 4 axes of [B, H, T, T], which are -4 to 3; the last is -1"),
        new("a slice that is one off", "var h = x + project.call(attended);", "var h = {|CCM4022:x[.., 1.., ..] + project.call(attended)|};", "In 'Block', add cannot broadcast [B, T-1, D] with [B, T, D]; axis -2 is T - 1 in the first and T in the second: the second is over by 1, take as many of both"),
        new("the width of the residual stream forgotten", "return h + down.call(F.gelu(up.call(h)));", "return {|CCM4026:F.gelu(up.call(h))|};", "In 'Block', forward returns [B, T, 4*D], but must return [B, T, D], the shape of its input; bring it back with a layer such as [Linear(\"4*D -> D\")]"),
        new("the way down before the way up", "down.call(F.gelu(up.call(h)))", "up.call(F.gelu({|CCM4021:down.call(h)|}))", "In 'Block', linear cannot multiply [B, T, D] with the weight [D, 4*D]: D inputs, not 4 * D; declare 'down' as [Linear(\"D -> D\")], or give it 4 * D"),
        new("a sum with a wider stream", "return h + down.call(F.gelu(up.call(h)));", "return {|CCM4022:h + F.gelu(up.call(h))|};", "In 'Block', add cannot broadcast [B, T, D] with [B, T, 4*D]; axis -1 is D in the first and 4 * D in the second: make them equal, or one of them 1"),
        new("queries alone where all three are", "qkv.call(n).view(b, t, 3, heads, each)", "{|CCM4023:qkv.call(n).view(b, t, heads, each)|}", "In 'Block', reshape cannot turn [B, T, 3*D] into [B, T, H, D/H]: 3 * B * T * D elements, not B * T * D; an axis of 3 is missing"),
        new("sizes of another model", "qkv.call(n).view(b, t, 3, heads, each)", "{|CCM4023:qkv.call(n).view(b, t, 3, 8, 64)|}", "In 'Block', reshape cannot turn [B, T, 3*D] into [B, T, 3, 8, 64]: 3 * B * T * D elements, not 1536 * B * T; write the sizes in those of the input, or -1 for one of them"),
        new("an axis left out", "qkv.call(n).view(b, t, 3, heads, each).permute(2, 0, 3, 1, 4)", "{|CCM4006:qkv.call(n).view(b, t, 3, heads, each).permute(2, 0, 3, 1)|}", "In 'Block', permute needs each of the 5 axes of [B, T, 3, H, D/H] once, not [2, 0, 3, 1]"),
        new("one part too many", "parts[2])", "{|CCM4006:parts[3]|})", "In 'Block', there is no index 3 on axis 0 of [3, B, H, T, D/H], which has 0 to 2"),
        new("a gain of each head along the wrong axis", "q.matmul(k.transpose(-2, -1)) / Math.Sqrt(each) * gain", "{|CCM4022:q.matmul(k.transpose(-2, -1)) / Math.Sqrt(each) * gain.view(-1)|}", "In 'Block', mul cannot broadcast [B, H, T, T] with [H]; axis -1 is T in the first and H in the second: make them equal, or one of them 1"),
        new("a mean that loses its axis", "norm.call(x)", "norm.call({|CCM4022:x - x.mean(new long[] { -1 })|})", "In 'Block', sub cannot broadcast [B, T, D] with [B, T]; give the second operand an axis of one, .unsqueeze(-1)"),
        new("joined along positions", "var h = x + project.call(attended);", "var h = {|CCM4022:x + cat(new[] { project.call(attended), n }, 1)|};", "In 'Block', add cannot broadcast [B, T, D] with [B, 2*T, D]; axis -2 is T in the first and 2 * T in the second: make them equal, or one of them 1"),
        new("a weight the wrong way round", "up.call(h)", "{|CCM4021:F.linear(h, down.weight!)|}", "In 'Block', linear cannot multiply [B, T, D] with the weight [D, 4*D]: D inputs, not 4 * D; a weight is [out, in], so transpose it, .t()"),
        new("the best key instead of all", "weights.matmul(v)", "({|CCM4025:scores.argmax(-1) * 2|})", "In 'Block', mul needs numbers, not int64 indices of shape [B, H, T]; they become numbers with to_type(x.dtype)"),
        new("the logarithm of weights", "weights.matmul(v)", "{|CCM4102:scores.softmax(-1).log()|}.matmul(v)", "In 'Block', log of a softmax of [B, H, T, T] is -infinity where a probability rounds to 0, and has no gradient there: write log_softmax"),
        new("a layer that was forgotten", "x + project.call(attended)", "x + attended", "'project' of 'Block' is a [Linear] that forward never uses: use it, or remove the field", ("Linear project;", "Linear {|CCM4104:project|};")),
        new("a gain without a gradient", "* gain", "* gain.detach()", "'gain' of 'Block' is a [Parameter] that no gradient reaches, so it never learns: let forward carry it to the result without detach(), comparisons or indices in between", ("Parameter gain;", "Parameter {|CCM4105:gain|};")),
        new("a stream that is cut", "var h = x + project.call(attended);", "var h = project.call(attended.detach());", "In 'Block', no gradient reaches the input of Block, so nothing below it could learn; let the input reach the result, as in x + ..., without detach()", ("Tensor forward(", "Tensor {|CCM4027:forward|}(")),
    ];
}
