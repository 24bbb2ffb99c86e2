namespace CoCoMix.Language.Tests;

internal static partial class Snippets
{
    private static IReadOnlyList<Snippet> Statements =>
    [
        Snippet.Body("typed and untyped locals", "Tensor a = h; var b = a * 2; Tensor c; c = a + b; return x + after.call(c);"),
        Snippet.Body("reassignment", "h = h.tanh(); h = h + x; x = x * 2; return x + after.call(h);"),
        Snippet.Body("compound assignment of tensors", "h = h + 0; h += x; h *= gain; h -= 1; h /= 2; return x + after.call(h);"),
        Snippet.Body("compound assignment of numbers", "var n = 2; n += heads; n *= 3; n -= 1; n /= 2; n %= 4; n++; ++n; n--; var r = 1.5; r *= n; r /= 4; var f = 1.1f; f *= 0.3f; f /= n; return x + after.call(h * r + f);"),
        Snippet.Body("locals named like keywords and generated code", "var @float = h * 2; var @out = @float.exp(); var equals = @out + x; var w = equals.sin(); var saved = w * gain; var B = saved * 2; var Kernels = B + 1; return x + after.call(Kernels);"),
        Snippet.Body("deconstruction", """
            var (b, t, d) = (h.shape[0], h.shape[1], h.shape[2]);
            (long first, var rest) = (t, d);
            var (values, indices) = h.topk(3);
            var (most, _) = h.max(-1, keepdim: true);
            var (variance, mean) = var_mean(h, -1, keepdim: true);
            var (spread, centre) = h.std_mean(-1, unbiased: false, keepdim: true);
            var (sorted, order) = x.sort(-1, descending: true);
            Tensor p, q;
            (p, q) = (h * 2, x * 3);
            (p, q) = (q, p);
            return x + after.call((h - mean) / variance + centre * spread + most + sorted + h.gather(-1, order) + values.sum(-1, true) + p - q + ones(b, first, rest));
            """),
        Snippet.Body("parts by index", """
            var parts = h.chunk(3, -1);
            var halves = h.split(half, -1);
            var all = new[] { parts[0], parts[^1], halves[0], parts[parts.Length - 1] };
            Tensor[] some = [.. all[..2], all[^1]];
            return x + after.call(cat(some, dim: -1) + cat([halves[1], halves[0]], -1) * all.Length);
            """),
        Snippet.Body("shapes with spreads", "var shape = h.shape; long[] split = [.. shape[..^1], heads, -1]; var lead = shape[..2]; return x + after.call(h.view(split).transpose(1, 2).transpose(1, 2).reshape([.. lead, shape[^1]]));"),
        Snippet.Body("constants", "const double Scale = 0.25; const int Two = 2; const float Single = 0.1f; const string Equation = \"btd,d->btd\"; return x + after.call(einsum(Equation, h, gain) * Scale / Two + Single);"),
        Snippet.Body("constants and initialised fields", "return x + after.call(h * Scale * Single + Half - Count * instance + Twice);", """
            private const double Scale = 0.25;
            private const float Single = 0.1f;
            private static readonly double Half = 1 / Math.Sqrt(3.0);
            private static readonly int Count = 2 + 1;
            private static readonly double Twice = Half * 2;
            private readonly double instance = 0.125;
            """),
        Snippet.Body("arithmetic of numbers", "double s = 1 / Math.Sqrt(width / heads); long n = width / 5 * 2 - width % 5; var m = Math.Max(heads, 2) * Math.Min(n, 3L) + Math.Abs(-2); return x + after.call(h * (s * Math.Log(n) - Math.Pow(2, heads) / Math.Exp(1) + Math.Cos(0.5) * Math.Sin(0.3) + Math.Tanh(0.2)) / m + (int)(s * 10) + (double)heads / 2 + Math.Abs(-0.5));"),
        Snippet.Body("arithmetic in single precision", "float s = 1f / heads; var t = MathF.Sqrt(s) * 0.7f; return x + after.call(h * s + x * t - (float)Math.Log(heads) + (float)1.1 / 3);"),
        Snippet.Body("arithmetic of sizes", "var t = h.shape[1]; var d = h.shape[2]; var k = d / heads; return x + after.call(h.reshape(-1, t, heads, k).view(h.shape[0] * t, heads * k).reshape(h.shape[0], -1, d) + ones(t + 1, d).narrow(0, 1, t));"),
        Snippet.Body("if and else on constants", "if (heads > 2) h = h * 2; else h = h * 3; if (width % 2 == 0 && heads != 1) { h = h + 1; } else if (half == 3 || heads == 7) { h = h + 2; } else { h = h + 3; } if (!(heads >= 3)) return x; return x + after.call(h);"),
        Snippet.Body("flags", "const bool Flag = true; var wide = width > 8; var both = Flag & wide; if (both | !wide) h = h * gain; return x + after.call(wide ? h : x);"),
        Snippet.Body("ternary on sizes", "var y = width > 100 ? h.exp() : heads == 3 ? h.sin() : h; return x + after.call(y);"),
        Snippet.Body("switch expression", """
            var y = heads switch { 1 => h, 2 or 3 when width == 12 => h * 2, > 3 and < 9 => h * 3, _ => h * 4 };
            var z = width switch { >= 12 => y.sin(), not 4 => y.cos(), _ => y };
            var n = "tanh" switch { "relu" => 1, "tanh" => 2, _ => 3 };
            return x + after.call(z * n);
            """),
        Snippet.Body("patterns", "if (heads is 1 or 3 && width is > 4 and not 7) h = h * 2; return x + after.call(h);"),
        Snippet.Body("for", "for (var i = 0; i < heads; i++) h = h + x * i; for (long i = width; i > 0; i -= 5) { h = h / i; } for (int i = 0, j = 3; i < j; i++, j--) h = h * j; return x + after.call(h.tanh());"),
        Snippet.Body("for over parts", "var parts = h.chunk(3, -1); var sum = parts[0]; for (var i = 1; i < parts.Length; i++) sum = sum + parts[i] * i; return x + after.call(sum.repeat(1, 1, 3));"),
        Snippet.Body("foreach", "var sum = zeros_like(x); foreach (var scale in new[] { 0.5, 1.5 }) sum += h * scale; foreach (Tensor part in h.unbind(-1)) sum = sum + part.unsqueeze(-1); foreach (var size in h.shape[1..2]) sum = sum + ones(size, 1); return x + after.call(sum);"),
        Snippet.Body("while", "var n = heads; while (n > 0) { h = h + n; n--; } while (true) { n++; if (n == 2) continue; if (n > 3) break; h = h * n; } return x + after.call(h.sin());"),
        Snippet.Body("break, continue and return in loops", "for (var i = 0; i < 10; i++) { if (i == 1) continue; if (i > 3) break; h = h + i; } foreach (var i in new[] { 1, 2, 3 }) { if (i == 1) continue; if (i == 3) break; h = h * 2; } for (var i = 0; ; i++) if (i == 2) return x + after.call(h + i);"),
        Snippet.Body("nested loops", "for (var i = 0; i < 2; i++) for (var j = i; j < 3; j++) { if (j == 2) break; h = h + i * 2 + j; } return x + after.call(h);"),
        Snippet.Body("guards", "if (x.shape[^1] != width) throw new ArgumentException(\"width\"); if (x.shape[1] > 8) { throw new InvalidOperationException(); } return heads > 0 ? x + after.call(h) : throw new ArgumentException();"),
        Snippet.Body("dispose scope", "using var _ = torch.NewDisposeScope(); var y = h * 2; return (x + after.call(y)).MoveToOuterDisposeScope();"),
        Snippet.Body("dispose scope by name", "using var scope = NewDisposeScope(); return scope.MoveToOuter(x + after.call(h));"),
        Snippet.Body("detached from a scope", "using (var scope = NewDisposeScope()) { var y = scope.Detach(x + after.call(h)); return y.DetachFromDisposeScope(); }"),
        Snippet.Body("several moved from a scope", "Tensor a, b; using (var scope = NewDisposeScope()) { (a, b) = scope.MoveToOuter(h * 2, x * 3); } return x + after.call(a + b);"),
        Snippet.Body("using block", "Tensor y; using (torch.NewDisposeScope()) { y = (h * 2).MoveToOuterDisposeScope(); } using (var z = h.exp()) return x + after.call(y + z);"),
        Snippet.Body("dispose", "using var y = h * 2; var z = y + 1; var result = x + after.call(z); z.Dispose(); return result;"),
        Snippet.Body("nested blocks and empty statements", "{ var y = h * 2; { h = y + 1; } ; } return x + after.call(h);"),
        Snippet.Body("named and reordered arguments", "var y = h.transpose(dim1: -1, dim0: -2).softmax(dim: -1).transpose(1, 2); return x + after.call(where(y: x, x: y, condition: y.gt(0.1)) + scaled(by: 2, value: h));", "private static Tensor scaled(Tensor value, double by) => value * by;"),
        Snippet.Body("params, arrays and collections", "var a = h.permute(0, 2, 1).permute(new long[] { 0, 2, 1 }).permute([0, 1, 2]); long[] axes = { 1, 0, 2 }; var b = h.permute(axes).permute(axes); return x + after.call(a + b + einsum(\"btd,d->btd\", new[] { h, gain }));"),
        Snippet.Body("interpolated equation", "const string Batch = \"bt\"; return x + after.call(einsum($\"{Batch}d,d->{Batch}d\", h, gain));"),
        Snippet.Body("prefixed and static calls", "return x + after.call(torch.sin(h) + cos(h) + TorchSharp.torch.exp(h) + torch.nn.functional.gelu(h) + nn.functional.silu(h) + functional.relu(h) + F.elu(h, 1));"),
        Snippet.Body("layers by call and forward", "var again = before.forward(h); return x + after.forward(again);"),
        Snippet.Body("layers' weights", "return x + after.call(F.linear(h, before.weight, before.bias) + h.matmul(after.weight.t()));"),
        Snippet.Body("causal attention", """
            var (b, t, d) = (x.shape[0], x.shape[1], x.shape[2]);
            Tensor Heads(Tensor y) => y.view(b, t, heads, d / heads).transpose(1, 2);
            var (q, k, v) = (Heads(h), Heads(before.call(h)), Heads(x));
            var scores = q.matmul(k.transpose(-2, -1)) / Math.Sqrt(d / heads);
            var positions = arange(t);
            var mask = positions.unsqueeze(0) > positions.unsqueeze(1);
            var weights = scores.masked_fill(mask, double.NegativeInfinity).softmax(-1);
            return x + after.call(weights.matmul(v).transpose(1, 2).contiguous().view(b, t, -1));
            """),
        Snippet.Body("rotary positions", """
            var (first, second) = (h[.., .., ..half], h[TensorIndex.Ellipsis, half..]);
            var frequencies = (arange(half).to(h.dtype) * (-Math.Log(10_000) / half)).exp();
            var angles = outer(arange(h.shape[1]).to(h.dtype), frequencies);
            var (sine, cosine) = (angles.sin(), angles.cos());
            return x + after.call(cat([first * cosine - second * sine, second * cosine + first * sine], -1));
            """),
        Snippet.Body("token shift", "var shifted = F.pad(h, [0, 0, 1, 0])[.., ..^1]; return x + after.call(h * gain + shifted * (1 - gain));"),
        Snippet.Body("obsolete names", "#pragma warning disable CS0618\nreturn x + after.call(F.SiLU(h));"),
        Snippet.Body("coalescing", "double? scale = null; return x + after.call(h * (scale ?? 0.5));"),
        Snippet.Body("statements without effect", "h.exp(); _ = h.sin(); return x + after.call(h);"),
    ];

    private static IReadOnlyList<Snippet> Structure =>
    [
        Snippet.Body("instance, static and local functions", """
            Tensor Local(Tensor y) => y + gain;
            static Tensor Fixed(Tensor y, double by)
            {
                var doubled = y * by;
                return doubled.tanh();
            }
            return x + after.call(Outer(Local(h)) + Fixed(h, 0.5));
            """, """
            private Tensor Outer(Tensor y) => Inner(y, 2) + Static(y);
            private Tensor Inner(Tensor y, int times)
            {
                if (times == 0) return y;
                y = y * times;
                return before.call(y);
            }
            private static Tensor Static(Tensor y) => y.sin();
            """),
        Snippet.Body("local functions and the variables around them", """
            var scale = 2;
            var sum = h;
            Tensor y = x * 3;
            void Double() => scale *= 2;
            void Add(Tensor value) { sum = sum + value * scale; var y = value; sum = sum + y; }
            Tensor Nested(Tensor sum) { Tensor Inner(Tensor scale) => scale * sum; return Inner(y) + Inner(sum); }
            Double();
            Add(x);
            Double();
            Add(h);
            return x + after.call(sum + Nested(h) + y);
            """),
        Snippet.Body("tuples from methods", "var (mean, deviation) = Moments(h); var moments = Moments(x); return x + after.call((h - mean) / deviation + moments.Item1 + moments.Deviation);",
            "private static (Tensor Mean, Tensor Deviation) Moments(Tensor y) => (y.mean([-1], true), (y.var(-1, false, true) + 0.1).sqrt());"),
        Snippet.Body("optional parameters", "return x + after.call(Scaled(h) + Scaled(h, 3) + Scaled(h, shift: 2) + Scaled(h, activate: true, by: 0.1));",
            "private Tensor Scaled(Tensor y, double by = 0.5, int shift = 1, Tensor? bias = null, bool activate = false)\n{\n    y = y * by + shift;\n    if (bias is not null) y = y + bias;\n    return activate ? y.tanh() : y;\n}"),
        Snippet.Body("tests of null", "return x + after.call(Shifted(h, null) + Shifted(h, gain) + Checked(h) + Checked(h, gain));", """
            private static Tensor Shifted(Tensor y, Tensor? by) => by is null ? y : y + by;
            private static Tensor Checked(Tensor y, Tensor? by = null)
            {
                if (by is not null) y = y * by;
                Linear? none = null;
                if (none == null) y = y - 1;
                if (none != null) y = none.call(y);
                return y + (by ?? y);
            }
            """),
        Snippet.Body("overloads", "return x + after.call(Of(h) + Of(h, 2) + Of(h, 0.5));",
            "private static Tensor Of(Tensor y) => y.sin();\nprivate static Tensor Of(Tensor y, int n) => y * n;\nprivate static Tensor Of(Tensor y, double s) => y + s;"),
        Snippet.Body("a generic method", "return x + after.call(First(h, 2) + First(x, h));", "private static Tensor First<T>(Tensor y, T other) => y * 2;"),
        Snippet.Body("params of one's own", "return x + after.call(Sum(h, x, gain));", "private static Tensor Sum(params Tensor[] all)\n{\n    var sum = all[0];\n    for (var i = 1; i < all.Length; i++) sum = sum + all[i];\n    return sum;\n}"),
        Snippet.Body("lists", "IReadOnlyList<Tensor> all = [h, x, .. h.chunk(1)]; List<double> scales = [0.5, 2]; foreach (var scale in scales) h = h * scale; return x + after.call(all[0] * all.Count + all[2] * scales.Count + h);"),
        Snippet.Body("properties", "return x + after.call(h.view(-1, h.shape[1], heads, HeadDim).flatten(2) * Scale * Fixed * Weighted);", """
            private long HeadDim => width / heads;
            private double Scale { get { return 1 / Math.Sqrt(HeadDim); } }
            private static double Fixed => 0.5;
            private Tensor Weighted => before.weight[0];
            """),
        Snippet.Class("an expression body", "public override Tensor forward(Tensor x) => x + after.call(before.call(x).tanh());"),
        Snippet.Class("parameter of another name", "public override Tensor forward(Tensor hidden) { var x = before.call(hidden); hidden = hidden + after.call(x); return hidden; }"),
        Snippet.Class("parameter named like a keyword", "public override Tensor forward(Tensor @in) => @in + after.call(before.call(@in));"),
        Snippet.Class("sizes", """
            [Size("D/H")] private readonly int headDim;
            [Size("2 * D")] private readonly long twice;
            [Linear("D -> 2*D")] private readonly Linear up;
            [Linear("2*D -> D")] private readonly Linear down;

            public override Tensor forward(Tensor x)
            {
                long[] sizes = [x.shape[0], x.shape[1], heads, headDim];
                var split = before.call(x).view(sizes).transpose(1, 2);
                var wide = up.call(split.transpose(1, 2).reshape(x.shape)).view(-1, twice);
                return x + down.call(wide.relu().view(x.shape[0], x.shape[1], twice));
            }
            """),
        Snippet.Class("every kind of layer", """
            [LayerNorm("D")] private readonly LayerNorm norm;
            [RmsNorm("D", Epsilon = 1e-4)] private readonly RmsNorm rms;
            [Embedding("7 -> D")] private readonly EmbeddingTable table;
            [Parameter("H, D/H", Std = 0.5)] private readonly Parameter mix;
            [Parameter("", Mean = 1)] private readonly Parameter scalar;

            public override Tensor forward(Tensor x)
            {
                var y = rms.call(norm.call(before.call(x)));
                var codes = table.call(y[TensorIndex.Ellipsis, ..7].argmax(-1));
                return x + after.call(y * mix.flatten() * scalar + codes);
            }
            """),
        User,
        Snippet.Class("fields named like generated code", """
            [Linear("D -> D")] private readonly Linear Kernels;
            [Linear("D -> D")] private readonly Linear _saved;
            [Parameter("D", Std = 1)] private readonly Parameter w;

            public override Tensor forward(Tensor x) => x + Kernels.call(_saved.call(before.call(x).tanh()) * w);
            """),
        Snippet.Class("a module used twice", """
            [Module("D, 2*D")] private readonly GatedMlp mlp;
            [Module("D, H")] private readonly GatedMlp small;

            public override Tensor forward(Tensor x)
            {
                x = x + mlp.call(before.call(x));
                return x + mlp.forward(x) + after.call(small.call(x));
            }
            """, Mlp),
        Snippet.Class("modules in modules", """
            [Module("D")] private readonly Outer outer;

            public override Tensor forward(Tensor x) => x + after.call(outer.call(before.call(x)));
            """, """
            [Dims("W")]
            public sealed partial class Outer : nn.Module<Tensor, Tensor>
            {
                [LayerNorm("W")] private readonly LayerNorm norm;
                [Module("W, W/2")] private readonly GatedMlp mlp;

                public override Tensor forward(Tensor y) => norm.call(mlp.call(y) + y);
            }

            """ + Mlp),
        Snippet.Class("a layer as an argument", """
            public override Tensor forward(Tensor x) => x + after.call(Twice(before, x) * 0.5);

            private static Tensor Twice(Linear layer, Tensor y) => layer.call(layer.call(y));
            """),
    ];

    /// <summary>A block with a part that is wrong or right.</summary>
    public static Snippet User { get; } = Snippet.Class("a part", """
        [Module("D")] private readonly Part part;

        public override Tensor forward(Tensor x) => part.call(part.call(x));
        """, Part);

    public const string Part = """
        [Dims("D")]
        public sealed partial class Part : TransformerBlock
        {
            [Linear("D -> D")] private readonly Linear map;

            public override Tensor forward(Tensor x) => map.call(x.sin()) + x;
        }
        """;

    private const string Mlp = """
        [Dims("D, F")]
        public sealed partial class GatedMlp : nn.Module<Tensor, Tensor>
        {
            [Linear("D -> F", Bias = false)] private readonly Linear gate;
            [Linear("D -> F")] private readonly Linear up;
            [Linear("F -> D")] private readonly Linear down;

            public override Tensor forward(Tensor x) => down.call(Activation(gate.call(x)) * up.call(x));

            private static Tensor Activation(Tensor x) => nn.functional.silu(x);
        }
        """;
}
