using System.Runtime.InteropServices;
using TorchSharp;

namespace CoCoMix.Native;

/// <summary>
/// The matrix product of the BLAS in libtorch, where that is MKL's and exported: on Linux for x64. What ATen does besides, views of its operands included,
/// takes longer than a small product.
/// </summary>
internal static unsafe class Sgemm
{
    private static readonly nint Product =
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && NativeLibrary.TryLoad("libtorch_cpu.so", typeof(torch).Assembly, null, out var library) && NativeLibrary.TryGetExport(library, "SGEMM", out var product)
            ? product : 0;

    /// <summary>Whether there is one to call.</summary>
    public static bool IsHere => Product != 0;

    /// <summary>A matrix in memory, row by row, with so many elements from a row to the next; turned, its transpose is meant.</summary>
    public readonly struct Matrix(float* data, long step, bool turned = false)
    {
        internal readonly float* Data = data;
        internal readonly int Step = (int)step;
        internal readonly byte Turn = (byte)(turned ? 'T' : 'N');
    }

    /// <summary><c>C = A B + keep C</c>: A <c>[M, K]</c>, B <c>[K, N]</c>, C <c>[M, N]</c>, sizes as they are after turning.</summary>
    public static void Multiply(Matrix a, Matrix b, Matrix c, long m, long n, long k, float keep)
    {
        int rows = (int)m, columns = (int)n, inner = (int)k;
        var one = 1f;
        // Fortran takes all by address, in 32-bit integers, and columns first: so a matrix is its transpose, and C' = B' A'.
        ((delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void>)Product)(
            &b.Turn, &a.Turn, &columns, &rows, &inner, &one, b.Data, &b.Step, a.Data, &a.Step, &keep, c.Data, &c.Step);
    }
}
