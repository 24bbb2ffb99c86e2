using CoCoMix.Native;
using static TorchSharp.torch;

namespace CoCoMix;

public static partial class Kernels
{
    /// <summary>Elements worth a thread.</summary>
    private const long ChainGrain = 8_192;

    /// <summary>
    /// Several operations on single elements. Where all operands are float32 in CPU memory, in rows whose elements lie side by side, in one pass that
    /// stores nothing in between; else one after another.
    /// </summary>
    /// <param name="operands">The first has the shape of the results; the others have it too, or are a vector as long as its last axis.</param>
    /// <param name="numbers">Operands that have one number for each row, <c>[..., 1]</c>, or one for all.</param>
    /// <param name="results">Number of results.</param>
    /// <param name="lanes">What becomes of a row, eight elements at a time.</param>
    /// <param name="whole">The same operations on whole tensors, of any type and on any device.</param>
    public static unsafe Tensor[] Chain(Tensor[] operands, Tensor[] numbers, int results, Action<Lanes> lanes, Func<Tensor[], Tensor[], Tensor[]> whole)
    {
        var shape = operands[0].Sizes;
        if (shape.Length == 0) return whole(operands, numbers);
        long columns = shape[^1], count = operands[0].numel(), rows = columns == 0 ? 0 : count / columns;
        Tensor[] all = numbers.Length == 0 ? operands : [.. operands, .. numbers];
        foreach (var operand in all)
            if (!IsCpuFloat(operand)) return whole(operands, numbers);
        var (starts, steps) = (new nint[all.Length + results], new long[all.Length + results]);
        if (AreFlat(operands, numbers, count))
        {
            // Nothing tells rows apart: pieces of a good size are as good.
            columns = Math.Min(count, ChainGrain);
            rows = columns == 0 ? 0 : (count + columns - 1) / columns;
            Array.Fill(steps, columns, 0, operands.Length);
        }
        else
        {
            for (var k = 0; k < all.Length; k++)
            {
                if ((k < operands.Length ? StepOfRow(operands[k], shape) : StepOfNumber(all[k])) is not { } step) return whole(operands, numbers);
                steps[k] = step;
            }
        }
        for (var k = 0; k < all.Length; k++) starts[k] = (nint)Data<float>(all[k]);
        var made = new Tensor[results];
        for (var k = 0; k < results; k++)
            (starts[all.Length + k], steps[all.Length + k]) = ((nint)Data<float>(made[k] = empty(shape)), columns);
        ParallelRows.For(rows, grain: Math.Max(1, ChainGrain / Math.Max(1, columns)), (from, to) =>
        {
            var row = stackalloc float*[starts.Length];
            for (var i = from; i < to; i++)
            {
                for (var k = 0; k < starts.Length; k++) row[k] = (float*)starts[k] + i * steps[k];
                Lanes.Run(lanes, row, operands.Length, numbers.Length, results, (int)Math.Min(columns, count - i * columns));
            }
        });
        foreach (var operand in all) GC.KeepAlive(operand);
        return made;
    }

    /// <summary>Whether all operands have as many elements as the first, side by side, and numbers are the same for all of them.</summary>
    private static bool AreFlat(Tensor[] operands, Tensor[] numbers, long count)
    {
        foreach (var operand in operands)
            if (operand.numel() != count || !operand.is_contiguous()) return false;
        foreach (var number in numbers)
            if (number.numel() != 1) return false;
        return true;
    }

    /// <summary>How many elements lie between the rows of an operand, 0 for one that each row reads; null where a row's are apart or rows at odd places.</summary>
    private static long? StepOfRow(Tensor operand, long[] shape)
    {
        var own = operand.Sizes;
        if (!own.AsSpan().SequenceEqual(shape)) return operand.is_contiguous() ? 0 : null;
        var strides = operand.Strides;
        if (own[^1] != 1 && strides[^1] != 1) return null;
        long? step = null;
        var inner = 1L;
        for (var axis = own.Length - 2; axis >= 0; axis--)
        {
            if (own[axis] == 1) continue;
            step ??= strides[axis];
            if (strides[axis] != step * inner) return null;
            inner *= own[axis];
        }
        return step ?? own[^1];
    }

    private static long? StepOfNumber(Tensor number) => number.numel() == 1 ? 0 : number.is_contiguous() ? 1 : null;
}
