using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace CoCoMix.Engine.Tests;

/// <summary>
/// A row of the operation table, random applications of it, and what it means in plain TorchSharp. Where TorchSharp alone would take more
/// than the row's documentation says (a bias that broadcasts), the reference says no with <c>Require</c>.
/// </summary>
/// <param name="Differentiable">How many outputs carry a gradient.</param>
internal sealed partial record Row(Operation Operation, Func<Draw, Application> Draw, Func<Row.Given, Tensor[]> Reference, int Differentiable = 1)
{
    /// <summary>What a reference reads.</summary>
    internal sealed record Given(IReadOnlyList<Tensor?> Tensors, Attributes Attributes, Sizes Sizes)
    {
        public Tensor this[int i] => Tensors[i]!;

        public bool Has(int i) => i < Tensors.Count && Tensors[i] is not null;

        public long Int(string name) => Attributes.Int(name);

        public double Real(string name) => Attributes.Real(name);

        public bool Bool(string name) => Attributes.Bool(name);

        /// <summary>The attribute <c>axis</c>; libtorch would count a negative one from the end.</summary>
        public long Axis() => Int("axis") is >= 0 and var axis ? axis : throw new ArgumentException("The axis is negative.");

        /// <summary>The attribute <c>axes</c>, all of them where it is empty.</summary>
        public long[] Axes() => Ints("axes") is { Length: > 0 } axes ? axes : [.. Enumerable.Range(0, (int)this[0].dim()).Select(axis => (long)axis)];

        public long[] Ints(string name) => [.. Attributes.Ints(name)];

        public long[] Shape(string name) => Sizes.Of(Attributes.Shape(name));

        public long Size(string name) => Shape(name).Single();
    }

    public static IReadOnlyList<Row> All => [.. Layers, .. Maths, .. Autoencoders];

    private static readonly IReadOnlyList<Row> Layers =
    [
        .. Indexing,
        .. Attending,
        new(Table.Constant, d => new([Operand.Float(d.Lead())], ("value", 0.25)), x => [tensor(x.Attributes.Real("value"), float64)], 0),
        new(Table.Accumulate, d => Twice(d.Lead()), x => Require(Same(x[0], x[1]), () => Array.Empty<Tensor>()), 0),

        new(Table.Add, Broadcasting, x => [x[0] + x[1]]),
        new(Table.Subtract, Broadcasting, x => [x[0] - x[1]]),
        new(Table.Multiply, Broadcasting, x => [x[0] * x[1]]),
        new(Table.Negate, d => new([Operand.Float(d.Lead())]), x => [-x[0]]),
        new(Table.GeluTanh, d => new([Operand.Float(d.Lead())]),
            x => [x[0] / 2 * (1 + (Math.Sqrt(2 / Math.PI) * (x[0] + 0.044715 * x[0].pow(3))).tanh())]),
        new(Table.Gelu, d => new([Operand.Float(d.Lead())]), x => [x[0] / 2 * (1 + (x[0] / Math.Sqrt(2)).erf())]),
        new(Table.Silu, d => new([Operand.Float(d.Lead())]), x => [x[0] / (1 + (-x[0]).exp())]),
        new(Table.ReluSquared, d => new([Operand.Float(d.Lead())]), x => [x[0].clamp_min(0).pow(2)]),
        new(Table.Relu, d => new([Operand.Float(d.Lead())]), x => [x[0].clamp_min(0)]),
        new(Table.StopGradient, d => new([Operand.Float(d.Lead())]), x => [x[0].detach()]),
        new(Table.SumTo,
            d => { var shape = d.Lead(); return new([Operand.Float(shape), Operand.Float(d.Shrunk(shape))]); },
            x => [SumToSize(x[0], x[1].shape)], 0),

        new(Table.Linear,
            d =>
            {
                var (i, o) = (d.Width(), d.Width());
                return new([Operand.Float([.. d.Lead(), i]), Operand.Float(o, i), d.Coin() ? Operand.Float(o) : null]);
            },
            x => Require(x[1].dim() == 2 && (!x.Has(2) || x[2].dim() == 1 && x[2].shape[0] == x[1].shape[0]),
                () => [F.linear(x[0], x[1], x.Has(2) ? x[2] : null)])),
        new(Table.MatMul,
            d => { var (i, o) = (d.Width(), d.Width()); return new([Operand.Float([.. d.Lead(), i]), Operand.Float(i, o)]); },
            x => Require(x[1].dim() == 2, () => [Product(x[0], x[1])])),
        new(Table.WeightGradient,
            d => { var lead = d.Lead(); return new([Operand.Float([.. lead, d.Width()]), Operand.Float([.. lead, d.Width()])]); },
            x => Require(SameLeading(x[0], x[1]), () => [einsum("...o,...i->oi", x[0], x[1])]), 0),

        new(Table.LayerNorm,
            d => { var n = d.Width(); return new([Operand.Float([.. d.Lead(), n]), Operand.Float(n), Operand.Float(n)], ("epsilon", 1e-5)); },
            x => LayerNormed(x, x[0], 1)),
        new(Table.AddLayerNorm,
            d =>
            {
                var (lead, n) = (d.Lead(), d.Width());
                return new([Operand.Float([.. lead, n]), Operand.Float([.. lead, n]), Operand.Float(n), Operand.Float(n)], ("epsilon", 1e-5));
            },
            x => Require(Same(x[0], x[1]), () => WithSum(LayerNormed(x, x[0] + x[1], 2), x[0] + x[1])), 2),
        new(Table.RmsNorm,
            d => { var n = d.Width(); return new([Operand.Float([.. d.Lead(), n]), Operand.Float(n)], ("epsilon", 1e-5)); },
            x => RmsNormed(x, x[0], 1)),
        new(Table.AddRmsNorm,
            d =>
            {
                var (lead, n) = (d.Lead(), d.Width());
                return new([Operand.Float([.. lead, n]), Operand.Float([.. lead, n]), Operand.Float(n)], ("epsilon", 1e-5));
            },
            x => Require(Same(x[0], x[1]), () => WithSum(RmsNormed(x, x[0] + x[1], 2), x[0] + x[1])), 2),
        new(Table.Standardize,
            d => new([Operand.Float([.. d.Lead(), d.Width()])], ("epsilon", 1e-3)),
            x => Require(x[0].shape[^1] > 1, () =>
            {
                var (mean, std) = (x[0].mean([-1], keepdim: true), x[0].std(-1, unbiased: true, keepdim: true));
                return [(x[0] - mean) / (std + x.Attributes.Real("epsilon")), mean, std];
            }), 3),

        new(Table.Embedding,
            d => { var v = d.Width(); return new([Operand.Float(v, d.Width()), Operand.Index(v, d.Lead())]); },
            x => Require(x[0].dim() == 2, () => [x[0].index(TensorIndex.Tensor(x[1]))])),
        new(Table.FirstRows,
            d =>
            {
                var (b, t) = d.Positions();
                Dim rows = t.Constant is { } length ? length + d.Below(3) : d.Coin() ? t : 128;
                return new([Operand.Float(rows, d.Width()), d.Coin() ? Operand.Index(5, b, t) : Operand.Float(b, t)]);
            },
            x => Require(x[0].dim() == 2 && x[1].dim() == 2, () => [x[0].narrow(0, 0, x[1].shape[1])])),
        new(Table.Reshape,
            d =>
            {
                var (lead, width) = (d.Lead(), d.Width());
                return new([Operand.Float([.. lead, 2 * width])],
                    ("shape", new Shape(d.Of<Dim[]>([.. lead, 2, width], [.. lead, width, 2], [.. lead.Reverse(), 2 * width, 1], [.. lead, 2 * width]))));
            },
            x => [x[0].reshape(x.Shape("shape"))]),
        new(Table.Permute,
            d =>
            {
                var shape = d.Lead();
                return new([Operand.Float(shape)], ("axes", Enumerable.Range(0, shape.Length).Select(axis => (long)axis).OrderBy(_ => d.Below(99)).ToArray()));
            },
            x => Require(x.Ints("axes").All(axis => axis >= 0), () => [x[0].permute(x.Ints("axes"))])),
        new(Table.Split,
            d =>
            {
                var (shape, sizes) = (d.Lead().Append(d.Width()).ToArray(), Enumerable.Range(0, 3).Select(_ => d.Size()).ToArray());
                var axis = d.Below(shape.Length);
                shape[axis] = sizes[0] + sizes[1] + sizes[2];
                return new([Operand.Float(shape)], ("axis", axis), ("sizes", new Shape(sizes)));
            },
            x => Require(x.Int("axis") >= 0, () => x[0].split(x.Shape("sizes"), x.Int("axis"))), 3),
        new(Table.Cat,
            d =>
            {
                var (shape, sizes) = (d.Lead().Append(d.Width()).ToArray(), Enumerable.Range(0, 3).Select(_ => d.Size()).ToArray());
                var axis = d.Below(shape.Length);
                return new([.. sizes.Select((size, i) => Operand.Float([.. shape[..axis], size, .. shape[(axis + 1)..]]))],
                    ("axis", axis), ("sizes", new Shape(sizes)));
            },
            x => Require(x.Int("axis") >= 0 && x[0].dim() > x.Int("axis") && x.Tensors.Zip(x.Shape("sizes")).All(pair => pair.First!.dim() > x.Int("axis") && pair.First.shape[x.Int("axis")] == pair.Second),
                () => [cat([.. x.Tensors.Select(part => part!)], x.Int("axis"))])),
        new(Table.SplitHeads,
            d =>
            {
                var ((b, t), width, heads) = (d.Positions(), (long)d.Width(), Enumerable.Range(0, 1 + d.Below(3)).Select(_ => 1L + d.Below(3)).ToArray());
                return new([Operand.Float(b, t, heads.Sum() * width)], ("heads", heads), ("width", width));
            },
            x => Require(x[0].dim() == 3, () => [.. x[0].split([.. x.Ints("heads").Select(count => count * x.Int("width"))], 2).Select(part => part.unflatten(2, [-1, x.Int("width")]).transpose(1, 2))])),
        new(Table.MergeHeads,
            d => { var (b, t) = d.Positions(); return new([Operand.Float(b, 1 + d.Below(3), t, d.Width())]); },
            x => Require(x[0].dim() == 4, () => [x[0].transpose(1, 2).flatten(2)])),
        new(Table.JoinHeads,
            d =>
            {
                var ((b, t), width) = (d.Positions(), d.Width());
                return new([.. Enumerable.Range(0, 2 + d.Below(2)).Select(_ => Operand.Float(b, 1 + d.Below(3), t, width))]);
            },
            x => Require(x.Tensors.All(part => part!.dim() == 4 && part.shape[3] == x[0].shape[3]), () => [cat([.. x.Tensors.Select(part => part!.transpose(1, 2).flatten(2))], 2)])),
        new(Table.AppendToGroups,
            d =>
            {
                var ((b, t), size, width) = (d.Positions(), 1 + d.Below(3), d.Width());
                return new([Operand.Float(b, size * t, width), d.Coin() ? Operand.Float(b, t, width) : Operand.Float(width)], ("size", size));
            },
            x => Require(IsGrouped(x[0], x.Int("size")) && x[1].dim() is 1 or 3 && x[1].shape[^1] == x[0].shape[2], () =>
            {
                var groups = x[0].unflatten(1, [-1, x.Int("size")]);
                var last = x[1].dim() == 1 ? x[1].expand(groups.shape[0], groups.shape[1], -1) : x[1];
                return [stack([.. groups.unbind(2), last], 2).flatten(1, 2)];
            })),
        new(Table.OfGroups,
            d => Grouped(d, (size, _) => size),
            x => Require(IsPart(x) && IsGrouped(x[0], x.Int("size")),
                () => [x[0].index_select(1, Positions(x, x[0].shape[1] / x.Int("size")))])),
        new(Table.SpreadToGroups,
            d => Grouped(d, (_, count) => count),
            x => Require(IsPart(x) && IsGrouped(x[0], x.Int("count")), () =>
            {
                var groups = x[0].shape[1] / x.Int("count");
                return [zeros([x[0].shape[0], groups * x.Int("size"), x[0].shape[2]], x[0].dtype).index_copy(1, Positions(x, groups), x[0])];
            })),

        new(Table.TopK,
            d => { var n = d.Width(); return new([Operand.Float([.. d.Lead(), n])], ("k", 1 + d.Below(n))); },
            x => Require(x[0].dim() > 0 && x.Int("k") > 0, () => { var (top, at) = x[0].topk((int)x.Int("k")); return [top, at]; })),
        new(Table.SparseMatMul,
            d =>
            {
                var (lead, size) = (d.Lead(), d.Width());
                var k = 1 + d.Below(size);
                return new([Operand.Float([.. lead, k]), Operand.Index(size, [.. lead, k]), Operand.Float(size, d.Width())]);
            },
            x => Require(Same(x[0], x[1]) && x[0].dim() > 0 && x[2].dim() == 2, () => [Product(Dense(x[0], x[1], x[2].shape[0]), x[2])])),
        new(Table.GatherDot,
            d =>
            {
                var (lead, size, width) = (d.Lead(), d.Width(), d.Width());
                return new([Operand.Float([.. lead, width]), Operand.Index(size, [.. lead, 1 + d.Below(size)]), Operand.Float(size, width)]);
            },
            x => Require(SameLeading(x[0], x[1]) && x[2].dim() == 2, () => [F.linear(x[0], x[2]).gather(-1, x[1])]), 0),
        new(Table.SelectLabels,
            d =>
            {
                var (lead, latents) = (d.Lead(), d.Width());
                var k = 1 + d.Below(latents);
                return new(
                    [Operand.Float([.. lead, k]), Operand.Index(latents, [.. lead, k]) with { Distinct = true }],
                    ("count", 1 + d.Below(k)), ("latents", latents));
            },
            x => Require(Same(x[0], x[1]) && x[0].dim() > 0 && x.Int("count") > 0, () =>
            {
                var (_, order) = Dense(x[0], x[1], x.Int("latents")).sort(-1, descending: true, stable: true);
                return [order.narrow(-1, 0, x.Int("count"))];
            }), 0),

        new(Table.MaskLabels,
            d =>
            {
                var lead = d.Lead();
                return new([Operand.Index(9, [.. lead, 1 + d.Below(4)]), Operand.Index(9, lead) with { Masked = lead.Length > 1 }]);
            },
            x => Require(SameLeading(x[0], x[1].unsqueeze(-1)), () => [where(x[1].lt(0).unsqueeze(-1), full_like(x[0], -1), x[0])]), 0),

        new(Table.NextTokens,
            d => { var (b, t) = d.Positions(); return new([Operand.Index(9, b, t)]); },
            x => Require(x[0].dim() == 2, () =>
            {
                var (b, t) = (x[0].shape[0], x[0].shape[1]);
                return [cat([x[0].narrow(1, 1, t - 1), full([b, 1], -1, int64)], 1)];
            }), 0),
        new(Table.CrossEntropy,
            d => { var (lead, v) = (d.Lead(), d.Width()); return new([Operand.Float([.. lead, v]), Operand.Index(v, lead)]); },
            x => Require(SameLeading(x[0], x[1].unsqueeze(-1)), () =>
            {
                var chosen = F.log_softmax(x[0], -1).gather(-1, x[1].clamp_min(0).unsqueeze(-1)).squeeze(-1);
                return [-chosen * x[1].ge(0), x[0].logsumexp(-1)];
            }), 2),
        new(Table.ZLoss,
            d => { var lead = d.Lead(); return new([Operand.Float(lead), Operand.Index(9, lead)], ("weight", 0.25)); },
            x => Require(Same(x[0], x[1]), () => [x.Attributes.Real("weight") * x[0].pow(2) * x[1].ge(0)])),
        new(Table.KlDivergence,
            d => { var (lead, v) = (d.Lead(), d.Width()); return new([Operand.Float([.. lead, v]), Operand.Float([.. lead, v]), Operand.Float(lead), Operand.Index(9, lead)]); },
            x => Require(Same(x[0], x[1]) && Same(x[2], x[3]) && SameLeading(x[0], x[3].unsqueeze(-1)), () =>
            {
                var q = F.softmax(x[1].detach(), -1);
                return [((q * (q.log() - x[0])).sum(-1) + x[2]) * x[3].ge(0), x[1].detach().logsumexp(-1)];
            })),
        new(Table.ZeroWithoutTarget,
            d => { var lead = d.Lead(); return new([Operand.Float(lead), Operand.Index(9, lead)]); },
            x => Require(Same(x[0], x[1]), () => [x[0] * x[1].ge(0)])),
        new(Table.LabelCrossEntropy,
            d =>
            {
                var (lead, c) = (d.Lead(), d.Width());
                return new([Operand.Float([.. lead, c]), Operand.Index(c, [.. lead, 1 + d.Below(c)]) with { Masked = d.Coin() }]);
            },
            x => Require(SameLeading(x[0], x[1]), () =>
                [-F.log_softmax(x[0], -1).gather(-1, x[1].clamp_min(0)).mean([-1]) * x[1].select(-1, 0).ge(0), x[0].logsumexp(-1)])),
        new(Table.MeanLoss,
            d => { var lead = d.Lead(); return new([Operand.Float(lead), d.Below(2) == 0 ? Operand.Index(9, lead) : Operand.Index(9, [.. lead, 1 + d.Below(3)])]); },
            x => Require(Same(x[0], x[1]) || x[1].dim() > 0 && x[0].shape.SequenceEqual(x[1].shape[..^1]), 
                () => [x[0].sum() / (x[1].dim() == x[0].dim() ? x[1] : x[1].select(-1, 0)).ge(0).sum()])),
        new(Table.NormalizedMse,
            d => Twice(d.Size(), d.Width()),
            x => Require(Same(x[0], x[1]) && x[0].dim() == 2,
                () => [((x[0] - x[1].detach()).pow(2).mean([1]) / x[1].detach().pow(2).mean([1])).mean()])),
        new(Table.ResidualMse,
            // One row has no spread; KernelTests has that case.
            d => Twice(d.Of<Dim>(2 * Dim.B, 2 + d.Below(4)), d.Width()),
            x => Require(Same(x[0], x[1]) && x[0].dim() == 2, () =>
            {
                var target = x[1].detach();
                return [(F.mse_loss(x[0], target) / (target - target.mean([0])).pow(2).mean()).nan_to_num(0)];
            })),
    ];

    /// <summary>Rows that only gradients use: the row whose gradient they are covers them. Loops and modules that stay eager are covered by whole models.</summary>
    public static readonly IReadOnlyDictionary<Operation, string> CoveredBy = new Dictionary<Operation, string>
    {
        [Table.PowerScalarBackward] = "pow_scalar",
        [Table.ReciprocalBackward] = "reciprocal",
        [Table.ReciprocalSquareRootBackward] = "rsqrt",
        [Table.TanhBackward] = "tanh",
        [Table.SigmoidBackward] = "sigmoid",
        [Table.LogSigmoidBackward] = "log_sigmoid",
        [Table.SoftplusBackward] = "softplus",
        [Table.EluBackward] = "elu",
        [Table.LeakyReluBackward] = "leaky_relu",
        [Table.ClampBackward] = "clamp",
        [Table.HardTanhBackward] = "hardtanh",
        [Table.ErfBackward] = "erf",
        [Table.MishBackward] = "mish",
        [Table.HardSwishBackward] = "hardswish",
        [Table.PowerBackward] = "pow",
        [Table.PowerExponentBackward] = "pow",
        [Table.MaximumBackward] = "maximum",
        [Table.MeanBackward] = "mean",
        [Table.AMaxBackward] = "amax",
        [Table.VarianceBackward] = "var",
        [Table.StandardDeviationBackward] = "std",
        [Table.LogSumExpBackward] = "logsumexp",
        [Table.NormBackward] = "norm2",
        [Table.SelectionBackward] = "max",
        [Table.CumulativeSumBackward] = "cumsum",
        [Table.SoftmaxBackward] = "softmax",
        [Table.LogSoftmaxBackward] = "log_softmax",
        [Table.GeluTanhBackward] = "gelu_tanh",
        [Table.GeluBackward] = "gelu",
        [Table.SiluBackward] = "silu",
        [Table.ReluSquaredBackward] = "relu_squared",
        [Table.ReluBackward] = "relu",
        [Table.AttentionBackward] = "attention",
        [Table.AttentionOfLastBackward] = "attention_of_last",
        [Table.DropoutBackward] = "dropout",
        [Table.LayerNormBackward] = "layer_norm",
        [Table.RmsNormBackward] = "rms_norm",
        [Table.StandardizeBackward] = "standardize",
        [Table.EmbeddingBackward] = "embedding",
        [Table.FirstRowsBackward] = "first_rows",
        [Table.NarrowBackward] = "narrow",
        [Table.IndexSelectBackward] = "index_select",
        [Table.SparseWeightGradient] = "sparse_matmul",
        [Table.SparseSum] = nameof(ModelProgramTests),
        [Table.CrossEntropyBackward] = "cross_entropy",
        [Table.MeanLossBackward] = "mean_loss",
        [Table.ZLossBackward] = "z_loss",
        [Table.LabelCrossEntropyBackward] = "label_cross_entropy",
        [Table.KlDivergenceBackward] = "kl_divergence",
        [Table.NormalizedMseBackward] = "normalized_mse",
        [Table.ResidualMseBackward] = "residual_mse",
        [Table.Eager] = "FusedAgainstEagerTests",
        [Table.EagerBackward] = "FusedAgainstEagerTests",
        [Table.JumpReluBackward] = "jump_relu",
        [Table.HeavisideBackward] = "heaviside",
        [Table.RunningMean] = nameof(ModelProgramTests),
        [Table.InChunks] = nameof(ModelProgramTests),
        [Table.Chain] = nameof(ModelProgramTests),
        [Table.Repeat] = nameof(ModelProgramTests),
        [Table.RepeatSaving] = nameof(ModelProgramTests),
        [Table.RepeatBackward] = nameof(ModelProgramTests),
    };

    public static Row Of(string name) => All.Single(row => row.Operation.Name == name);

    public override string ToString() => Operation.Name;

    private static Application Twice(params Dim[] shape) => new([Operand.Float(shape), Operand.Float(shape)]);

    private static Application Broadcasting(Draw d)
    {
        var shape = d.Lead();
        return new([Operand.Float(d.Shrunk(shape)), Operand.Float(d.Shrunk(shape))]);
    }

    /// <summary>Positions in groups, of a size that the drawn size and count of a part give.</summary>
    private static Application Grouped(Draw d, Func<int, int, int> positions)
    {
        var ((b, t), size) = (d.Positions(), 1 + d.Below(4));
        var offset = d.Below(size);
        var count = 1 + d.Below(size - offset);
        return new([Operand.Float(b, positions(size, count) * t, d.Width())], ("size", size), ("offset", offset), ("count", count));
    }

    private static bool IsGrouped(Tensor x, long size) => x.dim() == 3 && size > 0 && x.shape[1] % size == 0;

    private static bool IsPart(Given x) => x.Int("offset") >= 0 && x.Int("count") > 0 && x.Int("offset") + x.Int("count") <= x.Int("size");

    /// <summary>Where the positions of a part of each group are among all.</summary>
    private static Tensor Positions(Given x, long groups) => tensor(
        (from i in Enumerable.Range(0, (int)groups) from j in Enumerable.Range(0, (int)x.Int("count")) select i * x.Int("size") + x.Int("offset") + j).ToArray(), int64);

    private static Tensor[] Require(bool holds, Func<Tensor[]> then) => holds ? then() : throw new ArgumentException("The operands do not fit.");

    /// <param name="gain">Which operand is the gain.</param>
    private static Tensor[] LayerNormed(Given given, Tensor x, int gain) =>
    [
        F.layer_norm(x, [x.shape[^1]], given[gain], given[gain + 1], given.Attributes.Real("epsilon")),
        x.mean([-1], keepdim: true),
        1 / (x.var(-1, unbiased: false, keepdim: true) + given.Attributes.Real("epsilon")).sqrt(),
    ];

    /// <param name="gain">Which operand is the gain.</param>
    private static Tensor[] RmsNormed(Given given, Tensor x, int gain) => Require(given[gain].dim() == 1 && given[gain].shape[0] == x.shape[^1], () =>
    {
        var factor = (x.pow(2).mean([-1], keepdim: true) + given.Attributes.Real("epsilon")).pow(-0.5);
        return [x * factor * given[gain], factor];
    });

    private static Tensor[] WithSum(Tensor[] normed, Tensor sum) => [normed[0], sum, .. normed[1..]];

    private static bool Same(Tensor a, Tensor b) => a.shape.SequenceEqual(b.shape);

    private static bool SameLeading(Tensor a, Tensor b) => a.dim() > 0 && b.dim() > 0 && a.shape[..^1].SequenceEqual(b.shape[..^1]);

    /// <summary><c>x W</c>. TorchSharp's own matmul ends the process where sizes differ; linear throws.</summary>
    private static Tensor Product(Tensor x, Tensor weight) => F.linear(x, weight.t());

    private static Tensor Dense(Tensor values, Tensor indices, long size) =>
        zeros([.. values.shape[..^1], size], values.dtype).scatter_add(-1, indices, values);

    private static Tensor SumToSize(Tensor x, long[] shape)
    {
        _ = zeros(shape).expand(x.shape);
        while (x.dim() > shape.Length) x = x.sum(dim: 0);
        for (var axis = 0; axis < shape.Length; axis++)
            if (shape[axis] == 1) x = x.sum(axis, keepdim: true);
        return x;
    }
}
