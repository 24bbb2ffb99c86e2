using CoCoMix.Engine.Program;
using static CoCoMix.Engine.Operations.Require;

namespace CoCoMix.Engine.Operations;

public static partial class Table
{
    /// <summary>
    /// A module of the user's run as it is, under autograd: attribute <c>path</c>, where the block has it. Its result has the operand's shape.
    /// Also what its way back starts from: the leaf that it read and the result with autograd's graph.
    /// </summary>
    public static readonly Operation Eager = new("eager",
        a => [new(Element.Float, a[0]), new(Element.Float, a[0]), new(Element.Float, a[0])],
        b => [b.Build.One(EagerBackward!, "d", [b.Gradient, b.Output(1), b.Output(2)], new(("parameters", b.WantsParameters)))],
        Free,
        c => $"Kernels.Eager(module, {c.Text("path")}, {c[0]}, forBackward: {c.Used(2)})") { OutputNames = ["", "Leaf", "Graph"], SkipsUnused = true };

    /// <summary>Autograd's way back; where <c>parameters</c> says so, it adds to the gradients of the module's parameters too.</summary>
    public static readonly Operation EagerBackward = new("eager_backward",
        a => Float(a[1]),
        NoGradient,
        Free,
        c => $"Kernels.EagerBackward({c[0]}, {c[1]}, {c[2]}, parameters: {c.Bool("parameters")})");
}
