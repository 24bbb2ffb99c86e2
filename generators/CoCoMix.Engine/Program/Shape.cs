using System.Collections;

namespace CoCoMix.Engine.Program;

/// <summary>The sizes of a tensor, outermost first. Prints as <c>[B, T, 512]</c>.</summary>
public sealed class Shape(IEnumerable<Dim> dims) : IReadOnlyList<Dim>, IEquatable<Shape>
{
    private readonly Dim[] _dims = dims.ToArray();
    private string? _text;

    public static Shape Of(params Dim[] dims) => new(dims);

    public Dim this[int axis] => _dims[axis];

    public int Count => _dims.Length;

    public Dim Last => _dims[_dims.Length - 1];

    public Dim Elements => _dims.Aggregate((Dim)1, (product, dim) => product * dim);

    /// <summary>All axes but the last.</summary>
    public Shape Leading => new(_dims.Take(_dims.Length - 1));

    public Shape WithLast(Dim size) => new(Leading.Append(size));

    public Shape With(int axis, Dim size) => new(_dims.Select((dim, i) => i == axis ? size : dim));

    public Shape WithT(Dim t) => new(_dims.Select(dim => dim.WithT(t)));

    /// <summary>The shape of an elementwise result under torch's broadcasting, or null where sizes clash.</summary>
    public static Shape? Broadcast(Shape a, Shape b)
    {
        var rank = Math.Max(a.Count, b.Count);
        var dims = new Dim[rank];
        for (var i = 1; i <= rank; i++)
        {
            Dim x = i <= a.Count ? a[a.Count - i] : 1, y = i <= b.Count ? b[b.Count - i] : 1;
            if (!x.Equals(y) && x.Constant != 1 && y.Constant != 1) return null;
            dims[rank - i] = x.Constant == 1 ? y : x;
        }
        return new(dims);
    }

    public bool Equals(Shape? other) => other is not null && _dims.SequenceEqual(other._dims);

    public override bool Equals(object? obj) => Equals(obj as Shape);

    public override int GetHashCode() => _dims.Aggregate(17, (hash, dim) => unchecked(hash * 31 + dim.GetHashCode()));

    public override string ToString() => _text ??= $"[{string.Join(", ", _dims.Select(dim => dim.ToString().Replace(" ", "")))}]";

    public IEnumerator<Dim> GetEnumerator() => ((IEnumerable<Dim>)_dims).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _dims.GetEnumerator();
}
