using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary><c>a == b</c>, broadcast.</summary>
    public static Tensor Equal(Tensor a, Tensor b) => a.eq(b);

    /// <summary><c>x == value</c></summary>
    public static Tensor Equal(Tensor x, double value) => x.eq(Number(x, value));

    /// <summary><c>a != b</c>, broadcast.</summary>
    public static Tensor NotEqual(Tensor a, Tensor b) => a.ne(b);

    /// <summary><c>x != value</c></summary>
    public static Tensor NotEqual(Tensor x, double value) => x.ne(Number(x, value));

    /// <summary><c>a &lt; b</c>, broadcast.</summary>
    public static Tensor Less(Tensor a, Tensor b) => a.lt(b);

    /// <summary><c>x &lt; value</c></summary>
    public static Tensor Less(Tensor x, double value) => x.lt(Number(x, value));

    /// <summary><c>a &lt;= b</c>, broadcast.</summary>
    public static Tensor LessOrEqual(Tensor a, Tensor b) => a.le(b);

    /// <summary><c>x &lt;= value</c></summary>
    public static Tensor LessOrEqual(Tensor x, double value) => x.le(Number(x, value));

    /// <summary><c>a &gt; b</c>, broadcast.</summary>
    public static Tensor Greater(Tensor a, Tensor b) => a.gt(b);

    /// <summary><c>x &gt; value</c></summary>
    public static Tensor Greater(Tensor x, double value) => x.gt(Number(x, value));

    /// <summary><c>a &gt;= b</c>, broadcast.</summary>
    public static Tensor GreaterOrEqual(Tensor a, Tensor b) => a.ge(b);

    /// <summary><c>x &gt;= value</c></summary>
    public static Tensor GreaterOrEqual(Tensor x, double value) => x.ge(Number(x, value));

    /// <summary>Whether both booleans are true, broadcast.</summary>
    public static Tensor And(Tensor a, Tensor b) => a.logical_and(b);

    /// <summary>Whether either boolean is true, broadcast.</summary>
    public static Tensor Or(Tensor a, Tensor b) => a.logical_or(b);

    /// <summary>Whether one boolean is true and the other is not, broadcast.</summary>
    public static Tensor Xor(Tensor a, Tensor b) => a.logical_xor(b);

    /// <summary>Whether a boolean is false.</summary>
    public static Tensor Not(Tensor a) => a.logical_not();

    /// <summary>a where the mask is true, b elsewhere; all broadcast.</summary>
    public static Tensor Where(Tensor mask, Tensor a, Tensor b) => where(mask, a, b);

    /// <summary>x with <paramref name="value"/> wherever the mask is true; both broadcast.</summary>
    public static Tensor MaskedFill(Tensor x, Tensor mask, double value) => x.masked_fill(mask, value);

    /// <summary>Booleans or indices as numbers of <paramref name="like"/>'s type.</summary>
    public static Tensor ToFloat(Tensor x, Tensor like) => x.to(like.dtype);

    /// <summary>An index is compared with an integer as it is, not rounded to a float first.</summary>
    private static Scalar Number(Tensor x, double value) => x.dtype == ScalarType.Int64 && value == (long)value ? (long)value : value;
}
