namespace CoCoMix.Generators.Tests;

internal static partial class RuleCases
{
    /// <summary>CCM402x: what does not fit in a forward pass, and what to write instead.</summary>
    private static RuleCase[] Misfits =>
    [
        Body("CCM4021", "a product", "return x + {|#0:x.matmul({|#1:x|})|}.matmul(x);",
            "matmul cannot multiply [B, T, D] with [B, T, D]: D columns, not T rows; transpose the second operand, .transpose(-2, -1)"),
        Body("CCM4021", "a product the other way", "return x + x.matmul({|#0:{|#1:x.transpose(1, 2)|}.matmul({|#2:x.transpose(1, 2)|})|});",
            "matmul cannot multiply [B, D, T] with [B, D, T]: T columns, not D rows; transpose the second operand, .transpose(-2, -1)"),
        Layer("CCM4021", "another width into a layer", "return {|#0:inner.call({|#2:cat(new[] { x, x }, -1)|})|};",
            "linear cannot multiply [B, T, 2*D] with the weight [D, D]: 2 * D inputs, not D; declare 'inner' as [Linear(\"2*D -> D\")], or give it D"),
        Layer("CCM4021", "heads that were not merged", """
            var heads = {|#2:x.view(x.shape[0], x.shape[1], -1, each).transpose(1, 2)|};
                    return x + {|#0:inner.call(heads)|};
            """, "linear cannot multiply [B, H, T, D/H] with the weight [D, D]: D / H inputs, not D; merge the heads first, as in transpose(1, 2).flatten(2)"),
        Layer("CCM4021", "axes the wrong way round", "return x + {|#0:inner.call({|#2:x.transpose(1, 2)|})|}.transpose(1, 2);",
            "linear cannot multiply [B, D, T] with the weight [D, D]: T inputs, not D; its last axis but one is D: transpose the last two first"),
        Body("CCM4021", "a weight the wrong way round", "var weight = {|#1:outer(x.mean(new long[] { 0, 1 }), x.mean(new long[] { 0, 1 }))[..each].t()|};\n        return x + {|#0:nn.functional.linear(x, {|#2:weight|})|}.mean(new long[] { -1 }, keepdim: true);",
            "linear cannot multiply [B, T, D] with the weight [D, D/H]: D inputs, not D / H; a weight is [out, in], so transpose it, .t()"),
        new("CCM4021", "of a part", WithPart("[Module({|#1:\"D, 3*H\"|})] private readonly Part part;", "return {|#0:part.call({|#2:x.narrow(2, 0, 1)|})|};"),
            "In 'Block', in 'Part', linear cannot multiply [B, T, 1] with the weight [3*H, D]: 1 inputs, not D; declare 'up' as [Linear(\"1 -> F\")], or give it D"),
        Body("CCM4021", "sizes that agree", "return x + x.matmul(x.transpose(1, 2)).softmax(-1).matmul(x);"),

        Body("CCM4022", "a sum", "return {|#0:x + {|#1:inner.call(x).narrow(2, 0, 1).expand(-1, -1, each)|}|};",
            "add cannot broadcast [B, T, D] with [B, T, D/H]; axis -1 is D in the first and D / H in the second: make them equal, or one of them 1"),
        Body("CCM4022", "an axis that was summed", "return {|#0:x * {|#1:x.mean(new long[] { -1 })|}|};",
            "mul cannot broadcast [B, T, D] with [B, T]; give the second operand an axis of one, .unsqueeze(-1)"),
        Body("CCM4022", "one position too few", "return {|#0:x + {|#1:x[.., 1.., ..]|}|};",
            "add cannot broadcast [B, T, D] with [B, T-1, D]; axis -2 is T in the first and T - 1 in the second: the second is short of 1, take as many of both"),
        Body("CCM4022", "axes the wrong way round", "return {|#0:x * {|#1:x.transpose(1, 2)|}|};",
            "mul cannot broadcast [B, T, D] with [B, D, T]; transpose the second operand, .transpose(-2, -1)"),
        Body("CCM4022", "an axis of one", "return x * x.mean(new long[] { -1 }, keepdim: true);"),

        Body("CCM4023", "a view without an axis", "return x + {|#0:x.view(x.shape[0], x.shape[1], each)|}.mean(new long[] { -1 }, keepdim: true);",
            "reshape cannot turn [B, T, D] into [B, T, D/H]: B * T * D elements, not B * T * D / H; an axis of H is missing"),
        Body("CCM4023", "a view with one too many", "return x + {|#0:x.reshape(x.shape[0], x.shape[1], x.shape[2], 2)|}.mean(new long[] { -1 });",
            "reshape cannot turn [B, T, D] into [B, T, D, 2]: B * T * D elements, not 2 * B * T * D; that is 2 times as many"),
        Body("CCM4023", "a view of all", "return x + x.view(x.shape[0], x.shape[1], -1, each).flatten(2);"),

        Body("CCM4024", "an axis", "return {|#0:x.softmax({|#1:3|})|};", "axis 3 is not among the 3 axes of [B, T, D], which are -3 to 2; the last is -1"),
        Body("CCM4024", "the last axis", "return x + x.softmax(-1);"),

        Body("CCM4025", "indices for numbers", "return x + {|#0:{|#1:x.argmax(-1)|}.exp()|}.unsqueeze(-1);",
            "exp needs numbers, not int64 indices of shape [B, T]; they become numbers with to_type(x.dtype)"),
        Body("CCM4025", "a mask for numbers", "return x + {|#0:({|#1:x > 0|}).exp()|};",
            "exp needs numbers, not booleans of shape [B, T, D]; they become numbers with to_type(x.dtype)"),
        Body("CCM4025", "a mask made numbers", "return x + (x > 0).to_type(x.dtype);"),

        Body("CCM4026", "another shape out", "return {|#0:x.mean(new long[] { 1 })|};", "forward returns [B, D], but must return [B, T, D], the shape of its input"),
        Body("CCM4026", "an axis summed away", "return {|#0:x.sum(-1)|};",
            "forward returns [B, T], but must return [B, T, D], the shape of its input; keep the axis that was summed, with keepdim: true"),
        Body("CCM4026", "another width out", "return {|#0:cat(new[] { x, x }, -1)|};",
            "forward returns [B, T, 2*D], but must return [B, T, D], the shape of its input; bring it back with a layer such as [Linear(\"2*D -> D\")]"),
        Body("CCM4026", "heads", "return {|#0:x.view(x.shape[0], x.shape[1], -1, each).transpose(1, 2)|};",
            "forward returns [B, H, T, D/H], but must return [B, T, D], the shape of its input; merge the heads, as in transpose(1, 2).flatten(2)"),
        Body("CCM4026", "the residual stream", "return x + inner.call(x);"),

        Code("CCM4027", "a stream that is cut", $"forward(Tensor x)\n    {{\n        {Statements}", "{|#0:forward|}(Tensor x)\n    {\n        return inner.call(x.detach());",
            "In 'Block', no gradient reaches the input of Block, so nothing below it could learn; let the input reach the result, as in x + ..., without detach()"),
        Body("CCM4027", "one that is cut in part", "return x + inner.call(x.detach());"),
    ];

    /// <summary>As <see cref="Body"/>, with the layer's signature among the places.</summary>
    private static RuleCase Layer(string id, string name, string statements, string mistake)
    {
        var body = Body(id, name, statements, mistake);
        return body with { Sources = body.Sources with { Block = body.Sources.Block.Replace("[Linear(\"D -> D\")]", "[Linear({|#1:\"D -> D\"|})]") } };
    }
}
