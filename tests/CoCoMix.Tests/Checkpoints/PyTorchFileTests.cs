using System.IO.Compression;
using System.Numerics;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests.Checkpoints;

public sealed class PyTorchFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("sae.pt", "F3_sae")]
    [InlineData("sae_loadable.pt", "F3_sae")]
    [InlineData("pytorch_model.bin", "F1_gpt2_ntp")]
    [InlineData("pytorch_model_hub_legacy.bin", "F1_gpt2_ntp")]
    public void Files_that_PyTorch_wrote_load_bit_for_bit(string file, string recording)
    {
        var recorded = new Recording(recording);
        var loaded = PyTorchFile.Load(Golden.File(file)).Tensors;
        var expected = Safetensors.Load(Golden.File(recording + ".safetensors")).Where(tensor => tensor.Key.StartsWith("w.")).ToList();
        foreach (var (name, weight) in expected)
        {
            var theirs = loaded.GetValueOrDefault(name[2..]) ?? loaded[name["w.transformer.".Length..]];
            Same(weight, theirs);
        }
        var others = loaded.Keys.Where(name => !expected.Any(weight => weight.Key == "w." + name || weight.Key == "w.transformer." + name)).Order();
        Assert.Equal(recording == "F3_sae" ? ["latents_activation_frequency", "latents_mean_square", "stats_last_nonzero"]
            : file.Contains("legacy") ? ["h.0.attn.bias", "h.1.attn.bias", "h.2.attn.bias"] : ["lm_head.weight"], others);
    }

    [Fact]
    public void Tensors_that_shared_memory_share_it_again()
    {
        var loaded = PyTorchFile.Load(Golden.File("pytorch_model.bin")).Tensors;
        var (head, tokens) = (loaded["lm_head.weight"], loaded["transformer.wte.weight"]);
        head[0, 0] = 7;
        Assert.Equal(7, tokens[0, 0].item<float>());
    }

    [Fact]
    public void Tensors_outlive_the_scope_that_they_were_loaded_in()
    {
        IReadOnlyDictionary<string, Tensor> loaded;
        using (NewDisposeScope()) loaded = PyTorchFile.Load(Golden.File("sae.pt")).Tensors;
        Assert.All(loaded.Values, tensor => Assert.False(tensor.IsInvalid));
        foreach (var tensor in loaded.Values) tensor.Dispose();
    }

    [Fact]
    public void Other_values_are_there_too()
    {
        var values = PyTorchFile.Load(Golden.File("sae.pt")).Values;
        Assert.Equal("TopK", values["activation"]);
        Assert.Equal(5L, values["activation.k"]);
        Assert.Equal(new Dictionary<string, object?> { ["k"] = 5L, ["postact_fn"] = "ReLU" }, values["activation_state_dict"]);
    }

    /// <summary>Every element type, and views with offsets, strides and shared storages, in both formats.</summary>
    [Theory, InlineData(false), InlineData(true)]
    public void Views_of_every_type_load_as_they_were(bool isLegacy)
    {
        foreach (var (storage, type) in new (string, ScalarType)[]
        {
            ("DoubleStorage", float64), ("FloatStorage", float32), ("HalfStorage", float16), ("BFloat16Storage", bfloat16),
            ("LongStorage", int64), ("IntStorage", int32), ("ByteStorage", uint8), ("BoolStorage", @bool),
        })
        {
            var whole = (10 * rand(24, generator: new Generator(3))).to(type);
            var pickle = new Pickle().Dictionary(
                ("whole", p => p.Tensor(storage, "0", 24, 0, [24], [1])),
                ("transposed", p => p.Parameter(p => p.Tensor(storage, "0", 24, 0, [6, 4], [1, 6]))),
                ("part", p => p.Tensor(storage, "0", 24, 5, [2, 3], [12, 2])),
                ("scalar", p => p.Tensor(storage, "0", 24, 23, [], [])),
                ("empty", p => p.Tensor(storage, "0", 24, 0, [0, 4], [4, 1])));
            var file = new MemoryStream(isLegacy ? pickle.Legacy(("0", 24, whole.bytes.ToArray())) : pickle.Zip(("0", whole.bytes.ToArray())));

            var loaded = PyTorchFile.Load(file, "made.pt").Tensors;

            Same(whole, loaded["whole"]);
            Same(whole.view(4, 6).t(), loaded["transposed"]);
            Same(whole.as_strided([2, 3], [12, 2], 5), loaded["part"]);
            Same(whole[23], loaded["scalar"]);
            Assert.Equal([0, 4], loaded["empty"].shape);
        }
    }

    public static TheoryData<string, string> Mistakes => new()
    {
        { "posix.system", "uses 'posix.system'" },
        { "torch.complex", "uses 'torch.ComplexFloatStorage'" },
        { "build", "instruction 0x81" },
        { "cut", "no end" },
        { "too large", "does not lie within its storage of 4" },
        { "overflow", "does not lie within its storage of 4" },
        { "stride", "does not lie within its storage of 4" },
        { "negative", "does not lie within its storage of 4" },
        { "expanded", "does not lie within its storage of 4" },
        { "huge storage", "bytes" },
        { "missing storage", "'data/7'" },
        { "two sizes", "described twice" },
        { "list", "does not hold a dictionary of tensors" },
        { "unhashable", "keys that are neither" },
        { "axes", "at most 64 integers" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void What_a_file_says_wrongly_is_refused_by_saying_what(string mistake, string saying)
    {
        var good = new Pickle().Dictionary(("a", p => p.Tensor("FloatStorage", "0", 4, 0, [4], [1])));
        Pickle Bad(Action<Pickle> value) => new Pickle().Dictionary(("a", value));
        var pickle = mistake switch
        {
            "posix.system" => Bad(p => p.Global("posix", "system").Text("true").Raw(0x85, (byte)'R')),
            "torch.complex" => Bad(p => p.Tensor("ComplexFloatStorage", "0", 4, 0, [4], [1])),
            "build" => Bad(p => p.Global("collections", "OrderedDict").Raw((byte)')', 0x81)),
            "cut" => new Pickle().Raw((byte)'X', 255, 255, 255, 255),
            "too large" => Bad(p => p.Tensor("FloatStorage", "0", 4, 1, [4], [1])),
            "overflow" => Bad(p => p.Tensor("FloatStorage", "0", 4, 0, [1L << 62, 4], [0, 0])),
            "stride" => Bad(p => p.Tensor("FloatStorage", "0", 4, 0, [2, 2], [long.MaxValue, long.MaxValue])),
            "negative" => Bad(p => p.Tensor("FloatStorage", "0", 4, 0, [-4], [1])),
            "expanded" => Bad(p => p.Tensor("FloatStorage", "0", 4, 0, [1L << 40], [0])),
            "huge storage" => Bad(p => p.Tensor("FloatStorage", "0", 1L << 61, 0, [1L << 61], [1])),
            "missing storage" => Bad(p => p.Tensor("FloatStorage", "7", 4, 0, [4], [1])),
            "two sizes" => new Pickle().Dictionary(
                ("a", p => p.Tensor("FloatStorage", "0", 4, 0, [4], [1])), ("b", p => p.Tensor("LongStorage", "0", 2, 0, [2], [1]))),
            "list" => new Pickle().Raw((byte)']', (byte)'.'),
            "unhashable" => new Pickle().Raw((byte)'}', (byte)']', (byte)'N', (byte)'s', (byte)'.'),
            _ => Bad(p => p.Tensor("FloatStorage", "0", 4, 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)])),
        };
        Assert.Single(PyTorchFile.Load(new MemoryStream(good.Zip(("0", new byte[16]))), "good").Tensors);
        Assert.Single(PyTorchFile.Load(new MemoryStream(good.Legacy(("0", 4, new byte[16]))), "good").Tensors);
        foreach (var bytes in new[] { pickle.Zip(("0", new byte[16])), pickle.Legacy(("0", 4, new byte[16])) })
        {
            var error = Assert.Throws<InvalidDataException>(() => PyTorchFile.Load(new MemoryStream(bytes), "bad.pt"));
            Assert.StartsWith("'bad.pt'", error.Message);
            if (!(mistake == "missing storage" && error.Message.Contains("lists a storage"))) Assert.Contains(saying, error.Message);
        }
    }

    [Fact]
    public void A_file_that_is_cut_is_refused_wherever_it_is_cut()
    {
        foreach (var name in new[] { "sae.pt", "pytorch_model_hub_legacy.bin" })
        {
            var whole = File.ReadAllBytes(Golden.File(name));
            for (var length = 0; length < whole.Length; length += 1 + length / 50)
                Assert.Throws<InvalidDataException>(() => PyTorchFile.Load(new MemoryStream(whole, 0, length), "cut"));
        }
    }

    [Fact]
    public void Compressed_parts_are_refused()
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        using (var entry = zip.CreateEntry("a/data.pkl", CompressionLevel.Optimal).Open())
            entry.Write(new byte[100_000]);
        stream.Position = 0;
        Assert.Contains("compressed", Assert.Throws<InvalidDataException>(() => PyTorchFile.Load(stream, "bomb")).Message);
    }

    private static void Same(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        Assert.Equal(expected.contiguous().bytes.ToArray(), actual.contiguous().bytes.ToArray());
    }

    /// <summary>Writes pickles as torch.save does, and files around them.</summary>
    private sealed class Pickle
    {
        private readonly List<byte> bytes = [0x80, 2];

        public Pickle Raw(params byte[] more)
        {
            bytes.AddRange(more);
            return this;
        }

        public Pickle Text(string text) => Raw([(byte)'X', .. BitConverter.GetBytes(Encoding.UTF8.GetByteCount(text)), .. Encoding.UTF8.GetBytes(text)]);

        public Pickle Integer(long value) => Raw([0x8a, 8, .. BitConverter.GetBytes(value)]);

        public Pickle Global(string module, string name) => Raw([(byte)'c', .. Encoding.UTF8.GetBytes($"{module}\n{name}\n")]);

        public Pickle Dictionary(params (string Name, Action<Pickle> Value)[] entries)
        {
            Global("collections", "OrderedDict").Raw((byte)')', (byte)'R', (byte)'(');
            foreach (var (name, value) in entries) value(Text(name));
            return Raw((byte)'u', (byte)'.');
        }

        public Pickle Tensor(string storage, string key, long elements, long offset, long[] shape, long[] strides)
        {
            Global("torch._utils", "_rebuild_tensor_v2").Raw((byte)'(', (byte)'(').Text("storage").Global("torch", storage).Text(key).Text("cpu").Integer(elements);
            return Raw((byte)'t', (byte)'Q').Integer(offset).Tuple(shape).Tuple(strides).Raw(0x89).Global("collections", "OrderedDict")
                .Raw((byte)')', (byte)'R', (byte)'t', (byte)'R');
        }

        public Pickle Parameter(Action<Pickle> tensor)
        {
            tensor(Global("torch._utils", "_rebuild_parameter").Raw((byte)'('));
            return Raw(0x88).Global("collections", "OrderedDict").Raw((byte)')', (byte)'R', (byte)'t', (byte)'R');
        }

        public byte[] Zip(params (string Key, byte[] Data)[] storages)
        {
            var stream = new MemoryStream();
            using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
                foreach (var (name, data) in storages.Select(storage => ("data/" + storage.Key, storage.Data)).Prepend(("data.pkl", [.. bytes])))
                {
                    using var entry = zip.CreateEntry("made/" + name, CompressionLevel.NoCompression).Open();
                    entry.Write(data);
                }
            return stream.ToArray();
        }

        public byte[] Legacy(params (string Key, long Elements, byte[] Data)[] storages)
        {
            byte[] magic = [0x80, 2, 0x8a, 10, .. BigInteger.Parse("119547037146038801333356").ToByteArray(), (byte)'.'];
            byte[] protocol = [0x80, 2, (byte)'M', 0xe9, 3, (byte)'.'];
            var system = new Pickle().Raw((byte)'}').Text("little_endian").Raw(0x88, (byte)'s', (byte)'.');
            var keys = new Pickle().Raw((byte)']', (byte)'(');
            foreach (var (key, _, _) in storages) keys.Text(key);
            keys.Raw((byte)'e', (byte)'.');
            return [.. magic, .. protocol, .. system.bytes, .. bytes, .. keys.bytes, .. storages.SelectMany(storage => (byte[])[.. BitConverter.GetBytes(storage.Elements), .. storage.Data])];
        }

        private Pickle Tuple(long[] values)
        {
            Raw((byte)'(');
            foreach (var value in values) Integer(value);
            return Raw((byte)'t');
        }
    }
}
