using CoCoMix.Engine.Program;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Engine.Tests;

public sealed class ShapeTests
{
    private static readonly Sizes Large = Sizes.Generic[0];

    [Fact]
    public void Broadcasting_is_libtorchs()
    {
        var clashes = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            using var scope = NewDisposeScope();
            var draw = new Draw(seed);
            var common = draw.Lead();
            Shape a = new(draw.Shrunk(common)), b = new(draw.Coin() ? draw.Shrunk(common) : draw.Lead());
            long[]? expected = null;
            try { expected = (zeros(Large.Of(a)) + zeros(Large.Of(b))).shape; }
            catch (Exception) { clashes++; }
            Assert.Equal(expected, Shape.Broadcast(a, b) is { } shape ? Large.Of(shape) : null);
            Assert.Equal(Shape.Broadcast(a, b), Shape.Broadcast(b, a));
        }
        Assert.True(clashes > 20);
    }

    [Fact]
    public void Changes_of_a_shape_are_those_of_its_sizes()
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var draw = new Draw(seed);
            Dim[] dims = [.. draw.Lead(), draw.Size()];
            var (shape, size) = (new Shape(dims), draw.Size());
            var axis = draw.Below(dims.Length);
            Assert.Equal(Large.Of(shape).Aggregate(1L, (product, n) => product * n), shape.Elements.Evaluate(Large.B, Large.T));
            Assert.Equal(dims[..^1], shape.Leading);
            Assert.Equal([.. dims[..^1], size], shape.WithLast(size));
            Assert.Equal(dims.Select((dim, i) => i == axis ? size : dim), shape.With(axis, size));
            Assert.Equal(new Sizes(Large.B, 2 * Large.T).Of(shape), Large.Of(shape.WithT(2 * Dim.T)));
            Assert.Equal(shape, new Shape(dims));
            Assert.Equal(shape.GetHashCode(), new Shape(dims).GetHashCode());
            Assert.Equal($"[{string.Join(", ", dims.Select(dim => dim.ToString()))}]", shape.ToString());
        }
    }
}
