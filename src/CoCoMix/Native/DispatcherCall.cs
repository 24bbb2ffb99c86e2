using System.Runtime.InteropServices;
using System.Runtime.CompilerServices;
using static TorchSharp.torch;

namespace CoCoMix.Native;

/// <summary>
/// One call of an ATen operation through the dispatcher: every argument of the schema in order, then <see cref="Invoke"/>, then results.
/// The callee owns what is pushed. There is no type check on the other side, so each operation has one typed wrapper in <see cref="Aten"/>.
/// </summary>
internal unsafe ref struct DispatcherCall
{
    private const int Capacity = 20;

    private Slots _stack;
    private int _count;

    [InlineArray(Capacity)]
    private struct Slots
    {
        private ulong _first;
    }

    public DispatcherCall Tensor(Tensor tensor) => Push(Own(tensor));

    public DispatcherCall OptionalTensor(Tensor? tensor) => Push(tensor is null ? 0 : Cell(Own(tensor)));

    public DispatcherCall Int(long value) => Push((ulong)value);

    public DispatcherCall Double(double value) => Push(BitConverter.DoubleToUInt64Bits(value));

    public DispatcherCall Bool(bool value) => Push(value ? 1UL : 0);

    public DispatcherCall Text(ReadOnlySpan<byte> utf8)
    {
        nint handle;
        fixed (byte* text = utf8) LibTorch.Check(LibTorch.torch_new_string_handle(text, (nuint)utf8.Length, &handle), "torch_new_string_handle");
        return Push((ulong)handle);
    }

    public DispatcherCall Ints(params ReadOnlySpan<long> values)
    {
        var list = NewList(values.Length);
        foreach (var value in values) Append(list, (ulong)value);
        return Push((ulong)list);
    }

    public DispatcherCall Bools(params ReadOnlySpan<bool> values)
    {
        var list = NewList(values.Length);
        foreach (var value in values) Append(list, value ? 1UL : 0);
        return Push((ulong)list);
    }

    public DispatcherCall Tensors(ReadOnlySpan<Tensor> tensors)
    {
        var list = NewList(tensors.Length);
        foreach (var tensor in tensors) Append(list, Own(tensor));
        return Push((ulong)list);
    }

    /// <exception cref="AtenException">libtorch refused the call.</exception>
    public DispatcherCall Invoke(ReadOnlySpan<byte> operation)
    {
        byte noOverload = 0;
        int error;
        fixed (byte* name = operation)
        fixed (ulong* stack = (Span<ulong>)_stack)
            error = LibTorch.aoti_torch_call_dispatcher(name, &noOverload, stack);
        if (error != 0) throw new AtenException(System.Text.Encoding.UTF8.GetString(operation));
        return this;
    }

    /// <summary>A tensor result; null where it is undefined.</summary>
    public readonly Tensor? Result(int index) => Wrap((nint)_stack[index]);

    /// <summary>Takes over an owned handle; null where the tensor is undefined.</summary>
    public static Tensor? Wrap(nint handle)
    {
        byte defined;
        LibTorch.Check(LibTorch.aoti_torch_is_defined(handle, &defined), "aoti_torch_is_defined");
        if (defined != 0) return TorchSharp.torch.Tensor.UnsafeCreateTensor(handle);
        LibTorch.Check(LibTorch.aoti_torch_delete_tensor_object(handle), "aoti_torch_delete_tensor_object");
        return null;
    }

    private DispatcherCall Push(ulong value)
    {
        _stack[_count++] = value;
        return this;
    }

    private static ulong Own(Tensor tensor)
    {
        nint handle;
        LibTorch.Check(LibTorch.aoti_torch_new_tensor_handle(tensor.Handle, &handle), "aoti_torch_new_tensor_handle");
        GC.KeepAlive(tensor);
        return (ulong)handle;
    }

    /// <summary>An optional travels as a heap cell that the callee deletes.</summary>
    private static ulong Cell(ulong value)
    {
        var cell = (ulong*)NativeMemory.Alloc(sizeof(ulong));
        *cell = value;
        return (ulong)cell;
    }

    private static nint NewList(int size)
    {
        nint list;
        LibTorch.Check(LibTorch.torch_new_list_reserve_size((nuint)size, &list), "torch_new_list_reserve_size");
        return list;
    }

    private static void Append(nint list, ulong value) => LibTorch.Check(LibTorch.torch_list_push_back(list, value), "torch_list_push_back");
}
