using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace CoCoMix;

/// <summary>A storage as a pickle names it: elements of one type that the file keeps elsewhere.</summary>
internal sealed record PickledStorage(string Key, ElementType Type, long Elements);

/// <summary>A tensor as a pickle describes it: a view of a storage, counted in elements.</summary>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// Reads the pickles of <c>torch.save</c>: dictionaries, lists, tuples, numbers, strings and descriptions of tensors. A pickle is a program that
/// may call whatever it names; here the names are the few of <see cref="Callable"/> and of the storages, and any other is refused.
/// Values are null, bool, long, BigInteger, double, string, <c>List</c> (lists and tuples), <c>Dictionary</c> and <see cref="PickledTensor"/>.
/// Dictionaries have their keys as text, so that a number is its digits.
/// </summary>
internal sealed class PyTorchPickle
{
    private static readonly object Mark = new();
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly string _path;
    private readonly List<object?> _stack = [];
    private readonly List<object?> _memo = [];
    private int _at;

    private PyTorchPickle(ReadOnlyMemory<byte> bytes, string path) => (_bytes, _path) = (bytes, path);

    /// <summary>What a pickle may name besides storages.</summary>
    private enum Callable
    {
        OrderedDict,
        RebuildTensor,
        RebuildParameter,
    }

    /// <summary>Reads one pickle.</summary>
    /// <param name="bytes">It and what follows it.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="length">Its own length.</param>
    /// <exception cref="InvalidDataException">It is broken, or would build something else than tensors and plain values.</exception>
    public static object? Read(ReadOnlyMemory<byte> bytes, string path, out int length)
    {
        var pickle = new PyTorchPickle(bytes, path);
        var value = pickle.Run();
        length = pickle._at;
        return value;
    }

    private object? Run()
    {
        while (true)
        {
            var at = _at;
            switch (Take(1)[0])
            {
                case 0x80: Take(1); break;                                              // PROTO
                case 0x95: Take(8); break;                                              // FRAME
                case (byte)'.': return Pop();                                           // STOP
                case (byte)'(': _stack.Add(Mark); break;                                // MARK
                case (byte)'0': Pop(); break;                                           // POP
                case (byte)'1': PopToMark(); break;                                     // POP_MARK
                case (byte)'2': _stack.Add(Top()); break;                               // DUP
                case (byte)'N': _stack.Add(null); break;                                // NONE
                case 0x88: _stack.Add(true); break;                                     // NEWTRUE
                case 0x89: _stack.Add(false); break;                                    // NEWFALSE
                case (byte)'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;           // BININT
                case (byte)'K': _stack.Add((long)Take(1)[0]); break;                    // BININT1
                case (byte)'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;          // BININT2
                case 0x8a: _stack.Add(Integer(Take(Take(1)[0]))); break;                // LONG1
                case (byte)'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;                   // BINFLOAT
                case (byte)'X': _stack.Add(Text(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;          // BINUNICODE
                case 0x8c: _stack.Add(Text(Take(1)[0])); break;                         // SHORT_BINUNICODE
                case (byte)'U': _stack.Add(Text(Take(1)[0])); break;                    // SHORT_BINSTRING, Python 2's text
                case (byte)']': _stack.Add(new List<object?>()); break;                 // EMPTY_LIST
                case (byte)'a': Append([Pop()]); break;                                 // APPEND
                case (byte)'e': Append(PopToMark()); break;                             // APPENDS
                case (byte)')': _stack.Add(new List<object?>()); break;                 // EMPTY_TUPLE
                case (byte)'t': _stack.Add(PopToMark()); break;                         // TUPLE
                case 0x85: _stack.Add(Pop(1)); break;                                   // TUPLE1
                case 0x86: _stack.Add(Pop(2)); break;                                   // TUPLE2
                case 0x87: _stack.Add(Pop(3)); break;                                   // TUPLE3
                case (byte)'}': _stack.Add(new Dictionary<string, object?>()); break;   // EMPTY_DICT
                case (byte)'s': SetItems(Pop(2)); break;                                // SETITEM
                case (byte)'u': SetItems(PopToMark()); break;                           // SETITEMS
                case (byte)'q': Put(Take(1)[0]); break;                                 // BINPUT
                case (byte)'r': Put(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))); break;                       // LONG_BINPUT
                case 0x94: Put((uint)_memo.Count); break;                               // MEMOIZE
                case (byte)'h': _stack.Add(Get(Take(1)[0])); break;                     // BINGET
                case (byte)'j': _stack.Add(Get(BinaryPrimitives.ReadUInt32LittleEndian(Take(4)))); break;           // LONG_BINGET
                case (byte)'c': _stack.Add(Global(Line(), Line())); break;              // GLOBAL
                case 0x93: _stack.Add(Pop(2) is [string module, string name] ? Global(module, name) : throw Broken("a global that is not named by text")); break;
                case (byte)'Q': _stack.Add(Storage(Pop())); break;                      // BINPERSID
                case (byte)'R': Reduce(Pop(2)); break;                                  // REDUCE
                // The attributes of a dictionary, which state_dict() uses for version numbers.
                case (byte)'b' when Pop(2) is [Dictionary<string, object?> dictionary, _]: _stack.Add(dictionary); break;
                case var code: throw new InvalidDataException(
                    $"'{_path}' has a pickle with the instruction 0x{code:x2} at byte {at}, which tensors and plain values do not need: save a state_dict() with torch.save.");
            }
        }
    }

    private static object Integer(ReadOnlySpan<byte> littleEndian) =>
        littleEndian.Length <= 8 ? (object)(long)new BigInteger(littleEndian) : new BigInteger(littleEndian);

    private string Text(uint length)
    {
        try
        {
            return StrictUtf8.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw Broken("text that is not UTF-8");
        }
    }

    private object Global(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => Callable.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2") => Callable.RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => Callable.RebuildParameter,
        ("torch", _) when ElementType.All.FirstOrDefault(type => type.Storage == name) is { } type => type,
        _ => throw new InvalidDataException(
            $"'{_path}' has a pickle that uses '{Shortened(module)}.{Shortened(name)}', which is not loaded from files: save a state_dict() of tensors with torch.save."),
    };

    private PickledStorage Storage(object? identity) =>
        identity is List<object?> and ["storage", ElementType type, var key, string, long elements, .. var view] && view.All(part => part is null) && KeyOf(key) is { } text
            ? new(text, type, elements)
            : throw Broken("a storage that is not described by type, key, place and size");

    private void Reduce(List<object?> call) => _stack.Add(call switch
    {
        [Callable.OrderedDict, List<object?> and []] => new Dictionary<string, object?>(),
        [Callable.RebuildTensor, List<object?> and [PickledStorage storage, long offset, List<object?> shape, List<object?> strides, ..]] =>
            new PickledTensor(storage, offset, Integers(shape), Integers(strides)),
        [Callable.RebuildParameter, List<object?> and [PickledTensor tensor, ..]] => tensor,
        [Callable callable, _] => throw Broken($"a call of {callable} with other arguments than PyTorch writes"),
        _ => throw Broken("a call of what is no function"),
    });

    private long[] Integers(List<object?> values) => values.Count <= ElementType.MostAxes && values.All(value => value is long)
        ? [.. values.Cast<long>()]
        : throw Broken($"a shape that is not at most {ElementType.MostAxes} integers");

    private void Append(List<object?> items)
    {
        if (Top() is not List<object?> list) throw Broken("items appended to what is no list");
        list.AddRange(items);
    }

    private void SetItems(List<object?> items)
    {
        if (Top() is not Dictionary<string, object?> dictionary) throw Broken("entries of what is no dictionary");
        if (items.Count % 2 != 0) throw Broken("a key without a value");
        for (var i = 0; i < items.Count; i += 2)
            dictionary[KeyOf(items[i]) ?? throw Broken("a dictionary with keys that are neither text nor numbers")] = items[i + 1];
    }

    private static string? KeyOf(object? key) => key switch
    {
        string text => text,
        long number => number.ToString(),
        _ => null,
    };

    private void Put(uint index)
    {
        // Every entry of the memo was put there by an instruction, so an honest index is below the number of bytes.
        if (index >= _bytes.Length) throw Broken("a memo of more entries than it has bytes");
        while (_memo.Count <= index) _memo.Add(Mark);
        _memo[(int)index] = Top();
    }

    private object? Get(uint index) => index < _memo.Count && _memo[(int)index] is var value && value != Mark ? value : throw Broken("a reference to what it has not read");

    private object? Top() => _stack is [.., var top] && top != Mark ? top : throw Broken("an instruction without its operand");

    private object? Pop()
    {
        var top = Top();
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private List<object?> Pop(int count) => PopFrom(_stack.Count - count);

    private List<object?> PopToMark()
    {
        var at = _stack.LastIndexOf(Mark);
        var items = PopFrom(at + 1);
        if (at >= 0) _stack.RemoveAt(at);
        else throw Broken("an end without a beginning");
        return items;
    }

    private List<object?> PopFrom(int first)
    {
        if (first < 0) throw Broken("an instruction without its operands");
        var items = _stack.GetRange(first, _stack.Count - first);
        if (items.Contains(Mark)) throw Broken("an instruction without its operands");
        _stack.RemoveRange(first, items.Count);
        return items;
    }

    private ReadOnlySpan<byte> Take(uint count)
    {
        if (count > _bytes.Length - _at) throw Broken("no end");
        var taken = _bytes.Span.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    private string Line()
    {
        var length = _bytes.Span[_at..].IndexOf((byte)'\n');
        if (length < 0) throw Broken("no end");
        var line = Text((uint)length);
        _at++;
        return line;
    }

    private static string Shortened(string text) => text.Length <= 100 ? text : text[..100] + "...";

    private InvalidDataException Broken(string what) => new($"'{_path}' has a broken pickle: {what}, before byte {_at}.");
}
