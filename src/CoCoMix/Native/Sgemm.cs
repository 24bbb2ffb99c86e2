using System.Runtime.InteropServices;
using TorchSharp;

namespace CoCoMix.Native;

/// <summary>
/// The matrix product of the BLAS in libtorch, where that is MKL's and exported: on Linux for x64. What ATen does besides, views of its operands included,
/// takes longer than a small product.
/// </summary>
internal static unsafe class Sgemm
{
    // Fortran: all by address, columns first, and 32-bit integers.
    private static readonly delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void> Product = Find();

    /// <summary>Whether there is one to call.</summary>
    public static bool IsHere => Product is not null;

    /// <summary>A matrix in memory, row by row.</summary>
    /// <param name="Data">The first element.</param>
    /// <param name="Step">Elements from a row to the next.</param>
    /// <param name="Turned">Whether its transpose is meant.</param>
    public readonly record struct Matrix(nint Data, long Step, bool Turned = false)
    {
        public Matrix(float* data, long step, bool turned = false) : this((nint)data, step, turned)
        {
        }
    }

    /// <summary><c>C = A B + keep C</c>: A <c>[M, K]</c>, B <c>[K, N]</c>, C <c>[M, N]</c>, sizes as they are after turning.</summary>
    public static void Multiply(Matrix a, Matrix b, Matrix c, long m, long n, long k, float keep)
    {
        // Columns first, a matrix is its transpose, and C' = B' A'.
        byte turnA = (byte)(a.Turned ? 'T' : 'N'), turnB = (byte)(b.Turned ? 'T' : 'N');
        int rows = (int)m, columns = (int)n, inner = (int)k, stepA = (int)a.Step, stepB = (int)b.Step, stepC = (int)c.Step;
        var one = 1f;
        Product(&turnB, &turnA, &columns, &rows, &inner, &one, (float*)b.Data, &stepB, (float*)a.Data, &stepA, &keep, (float*)c.Data, &stepC);
    }

    private static delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void> Find() =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && NativeLibrary.TryLoad("libtorch_cpu.so", typeof(torch).Assembly, null, out var library) && NativeLibrary.TryGetExport(library, "SGEMM", out var product)
            ? (delegate* unmanaged<byte*, byte*, int*, int*, int*, float*, float*, int*, float*, int*, float*, float*, int*, void>)product : null;
}
