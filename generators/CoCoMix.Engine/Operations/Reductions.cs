using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

/// <summary>
/// Along attribute <c>axes</c>, each once, counted from 0, none of them for all; or along one <c>axis</c>. Where <c>keepdim</c> is true
/// the result keeps them with size 1. As in libtorch, a tensor without axes may be reduced along axis 0.
/// </summary>
public static partial class Table
{
    public static readonly Operation Sum = Reduction("sum", "Sum", 1,
        b => b.Build.One(Expand!, "d", [Kept(b, b.Gradient)], new(("shape", b[0].Shape))));

    public static readonly Operation Mean = Reduction("mean", "Mean", 1,
        b => b.Build.One(MeanBackward!, "d", [Kept(b, b.Gradient)], new(("shape", b[0].Shape))));

    /// <summary>The gradient of a mean, shared among the elements of <c>shape</c>; the reduced axes have size 1.</summary>
    public static readonly Operation MeanBackward = new("mean_backward",
        a => Float(Expanded(a, "mean_backward")),
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.MeanBackward({c[0]}, {c.Shape("shape")})");

    /// <summary>The largest element. Equal ones share the gradient.</summary>
    public static readonly Operation AMax = Reduction("amax", "AMax", 1,
        b => With(b, AMaxBackward!, Kept(b, b.Gradient), b[0], Kept(b, b.Output(0))));

    /// <summary>The smallest element. Equal ones share the gradient.</summary>
    public static readonly Operation AMin = Reduction("amin", "AMin", 1,
        b => With(b, AMaxBackward!, Kept(b, b.Gradient), b[0], Kept(b, b.Output(0))));

    /// <summary>The way back of the largest and of the smallest element: the gradient, shared by the elements that equal the result.</summary>
    public static readonly Operation AMaxBackward = ReductionBackward("amax_backward", "AMaxBackward", 3,
        c => $"{c[0]}, {c[1]}, {c[2]}, {Axes(c)}");

    /// <summary>The variance: squares of differences from the mean, divided by n, or by n - 1 where <c>unbiased</c> is true.</summary>
    public static readonly Operation Variance = Reduction("var", "Variance", 4,
        b => With(b, VarianceBackward!, Kept(b, b.Gradient), b[0]), "unbiased");

    public static readonly Operation VarianceBackward = ReductionBackward("var_backward", "VarianceBackward", 3,
        c => $"{c[0]}, {c[1]}, {Axes(c)}, unbiased: {c.Bool("unbiased")}");

    /// <summary>The root of <see cref="Variance"/>.</summary>
    public static readonly Operation StandardDeviation = Reduction("std", "StandardDeviation", 4,
        b => With(b, StandardDeviationBackward!, Kept(b, b.Gradient), b[0], Kept(b, b.Output(0))), "unbiased");

    public static readonly Operation StandardDeviationBackward = ReductionBackward("std_backward", "StandardDeviationBackward", 3,
        c => $"{c[0]}, {c[1]}, {c[2]}, {Axes(c)}, unbiased: {c.Bool("unbiased")}");

    /// <summary><c>log(sum(exp(x)))</c></summary>
    public static readonly Operation LogSumExp = Reduction("logsumexp", "LogSumExp", 3,
        b => With(b, LogSumExpBackward!, Kept(b, b.Gradient), b[0], Kept(b, b.Output(0))));

    public static readonly Operation LogSumExpBackward = ReductionBackward("logsumexp_backward", "LogSumExpBackward", 3,
        c => $"{c[0]}, {c[1]}, {c[2]}");

    /// <summary>The Euclidean norm; its gradient at zero is zero.</summary>
    public static readonly Operation Norm = Reduction("norm2", "Norm", 2,
        b => With(b, NormBackward!, Kept(b, b.Gradient), b[0], Kept(b, b.Output(0))));

    public static readonly Operation NormBackward = ReductionBackward("norm2_backward", "NormBackward", 2,
        c => $"{c[0]}, {c[1]}, {c[2]}");

    /// <summary>The largest element along an axis, and where it is. The gradient goes there.</summary>
    public static readonly Operation Max = Selection("max", "Max");

    /// <summary>The smallest element along an axis, and where it is. The gradient goes there.</summary>
    public static readonly Operation Min = Selection("min", "Min");

    /// <summary>Zeros of <c>shape</c>, with the gradient where the selected elements were; the reduced axis has size 1.</summary>
    public static readonly Operation SelectionBackward = new("max_backward",
        a =>
        {
            Same(a[0], a.Indices(1), "max_backward");
            return Float(Expanded(a, "max_backward"));
        },
        NoGradient,
        Free,
        c => $"Kernels.SelectionBackward({c[0]}, {c[1]}, axis: {c.Int("axis")}, {c.Shape("shape")})");

    public static readonly Operation ArgMax = Position("argmax", "ArgMax");

    public static readonly Operation ArgMin = Position("argmin", "ArgMin");

    /// <summary>Sums of all elements up to each along an axis.</summary>
    public static readonly Operation CumulativeSum = Along("cumsum", "CumulativeSum", 1, b => With(b, CumulativeSumBackward!, b.Gradient));

    public static readonly Operation CumulativeSumBackward = AlongBackward("cumsum_backward", "CumulativeSumBackward", 1, c => c[0]);

    /// <summary><c>exp(x) / sum(exp(x))</c> along an axis.</summary>
    public static readonly Operation Softmax = Along("softmax", "Softmax", 3, b => With(b, SoftmaxBackward!, b.Gradient, b.Output(0)));

    /// <summary>Reads the result of softmax, not its input.</summary>
    public static readonly Operation SoftmaxBackward = AlongBackward("softmax_backward", "SoftmaxBackward", 4, c => $"{c[0]}, {c[1]}");

    /// <summary><c>x - logsumexp(x)</c> along an axis.</summary>
    public static readonly Operation LogSoftmax = Along("log_softmax", "LogSoftmax", 4, b => With(b, LogSoftmaxBackward!, b.Gradient, b.Output(0)));

    /// <summary>Reads the result of log_softmax, not its input.</summary>
    public static readonly Operation LogSoftmaxBackward = AlongBackward("log_softmax_backward", "LogSoftmaxBackward", 4, c => $"{c[0]}, {c[1]}");

    /// <summary>What keeps the shape of its operand, along one axis.</summary>
    private static Operation Along(string name, string kernel, long flops, Func<Backward, Value> gradient) => new(name,
        AlongAxis,
        b => [gradient(b)],
        PerElement(flops),
        c => $"Kernels.{kernel}({c[0]}, axis: {c.Int("axis")})");

    private static Operation AlongBackward(string name, string kernel, long flops, Func<Call, string> arguments) => new(name,
        AlongAxis,
        NoGradient,
        PerElement(flops),
        c => $"Kernels.{kernel}({arguments(c)}, axis: {c.Int("axis")})");

    /// <param name="flags">Constants that the kernel takes by name, after <c>keepdim</c>.</param>
    private static Operation Reduction(string name, string kernel, long flops, Func<Backward, Value> gradient, params string[] flags) => new(name,
        a => Float(Reduced(name, a[0], a.Attributes.Ints("axes"), a.Attributes.Bool("keepdim"))),
        b => [gradient(b)],
        node => flops * node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.{kernel}({c[0]}, {Axes(c)}, keepdim: {c.Bool("keepdim")}{string.Concat(flags.Select(flag => $", {flag}: {c.Bool(flag)}"))})");

    /// <summary>From the gradient, with the reduced axes as 1, the operand, and perhaps the result as the gradient.</summary>
    private static Operation ReductionBackward(string name, string kernel, long flops, Func<Call, string> arguments) => new(name,
        a => Float(a[1]),
        NoGradient,
        PerElement(flops),
        c => $"Kernels.{kernel}({arguments(c)})");

    /// <summary>A C# list of the axes, every one named: libtorch's logsumexp does not take an empty list.</summary>
    private static string Axes(Call c)
    {
        var axes = c.Node.Attributes.Ints("axes");
        return $"[{string.Join(", ", axes.Count > 0 ? axes : Enumerable.Range(0, c.Node.Inputs[0]!.Shape.Count).Select(axis => (long)axis))}]";
    }

    private static Operation Selection(string name, string kernel) => new(name,
        a =>
        {
            var shape = Reduced(name, a[0], [a.Attributes.Int("axis")], a.Attributes.Bool("keepdim"));
            return [new(Element.Float, shape), new(Element.Index, shape)];
        },
        b =>
        {
            var axis = b.Node.Attributes.Int("axis");
            return [b.Build.One(SelectionBackward!, "d", [Kept(b, b.Gradient, [axis]), Kept(b, b.Output(1), [axis])],
                new(("axis", axis), ("shape", b[0].Shape)))];
        },
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.{kernel}({c[0]}, axis: {c.Int("axis")}, keepdim: {c.Bool("keepdim")})") { OutputNames = ["", "Indices"] };

    private static Operation Position(string name, string kernel) => new(name,
        a => [new(Element.Index, Reduced(name, a[0], [a.Attributes.Int("axis")], a.Attributes.Bool("keepdim")))],
        NoGradient,
        node => node.Inputs[0]!.Shape.Elements,
        c => $"Kernels.{kernel}({c[0]}, axis: {c.Int("axis")}, keepdim: {c.Bool("keepdim")})");

    /// <summary>The shape rule of an operation along one axis that keeps the shape.</summary>
    private static IReadOnlyList<TensorType> AlongAxis(Arguments a)
    {
        HasAxis(a.Operation, a[0], a.Attributes.Int("axis"));
        return Float(a[0]);
    }

    private static void HasAxis(string operation, Shape shape, long axis) =>
        That(axis >= 0 && axis < Math.Max(shape.Count, 1), $"{operation} has no axis {axis} in {shape}");

    private static Shape Reduced(string operation, Shape shape, IReadOnlyList<long> axes, bool keepdim)
    {
        foreach (var axis in axes) HasAxis(operation, shape, axis);
        That(axes.Distinct().Count() == axes.Count, $"{operation} needs each axis at most once, not [{string.Join(", ", axes)}]");
        bool IsReduced(int axis) => axes.Count == 0 || axes.Contains(axis);
        return new(shape.Select((dim, axis) => IsReduced(axis) ? 1 : dim).Where((_, axis) => keepdim || !IsReduced(axis)));
    }

    /// <summary>The result of a reduction, or its gradient, with the reduced axes as 1: so it broadcasts against the operand.</summary>
    private static Value Kept(Backward b, Value reduced, IReadOnlyList<long> axes)
    {
        var kept = Reduced(b.Node.Operation.Name, b[0].Shape, axes, keepdim: true);
        return kept.Equals(reduced.Shape) ? reduced : b.Build.One(Reshape, "kept", [reduced], new(("shape", kept)));
    }

    private static Value Kept(Backward b, Value reduced) => Kept(b, reduced, b.Node.Attributes.Ints("axes"));
}
