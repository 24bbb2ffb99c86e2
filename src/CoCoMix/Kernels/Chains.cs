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
        var shape = operands[0].shape;
        if (shape.Length == 0) return whole(operands, numbers);
        long columns = shape[^1], count = operands[0].numel(), rows = columns == 0 ? 0 : count / columns;
        Tensor[] all = [.. operands, .. numbers];
        var (starts, steps) = (new nint[all.Length + results], new long[all.Length + results]);
        for (var k = 0; k < all.Length; k++)
        {
            if (!IsCpuFloat(all[k]) || (k < operands.Length ? StepOfRow(operands[k], shape) : StepOfNumber(all[k])) is not { } step) return whole(operands, numbers);
            (starts[k], steps[k]) = ((nint)Data<float>(all[k]), step);
        }
        // Where no operand tells rows apart, pieces of a good size are as good.
        if (numbers.All(number => number.numel() == 1) && operands.Zip(steps).All(operand => operand.First.numel() == count && (operand.Second == columns || rows == 1)))
        {
            columns = Math.Min(count, ChainGrain);
            rows = columns == 0 ? 0 : (count + columns - 1) / columns;
            Array.Fill(steps, columns, 0, operands.Length);
        }
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

    /// <summary>How many elements lie between the rows of an operand, 0 for one that each row reads; null where a row's are apart or rows at odd places.</summary>
    private static long? StepOfRow(Tensor operand, long[] shape)
    {
        var own = operand.shape;
        if (!own.AsSpan().SequenceEqual(shape)) return operand.is_contiguous() ? 0 : null;
        var strides = operand.stride();
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
