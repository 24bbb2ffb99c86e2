using System.Buffers.Binary;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests.Checkpoints;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly DisposeScope scope = NewDisposeScope();

    public void Dispose()
    {
        scope.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void WhatIsSavedIsLoadedBitForBit()
    {
        var random = rand(3, 5, 2, generator: new Generator(7));
        var saved = new Dictionary<string, Tensor>
        {
            ["f32"] = random, ["f64"] = random.to(float64), ["f16"] = random.to(float16), ["bf16"] = random.to(bfloat16),
            ["i64"] = arange(-4, 4, int64), ["i32"] = arange(-4, 4, int32), ["u8"] = arange(0, 255, uint8), ["bool"] = random.gt(0.5),
            ["scalar"] = tensor(3.5f), ["empty"] = zeros(0, 4), ["transposed"] = random.transpose(0, 2), ["with \"quotes\" and é"] = ones(1),
            ["parameter"] = nn.Parameter(random.clone()),
        };
        Safetensors.Save(folder["a.safetensors"], saved, new Dictionary<string, string> { ["step"] = "12", ["é\n"] = "\"" });

        var loaded = Safetensors.Load(folder["a.safetensors"]);

        Assert.Equal(saved.Keys.Order(), loaded.Keys.Order());
        foreach (var (name, tensor) in saved)
        {
            Assert.Equal(tensor.dtype, loaded[name].dtype);
            Assert.Equal(tensor.shape, loaded[name].shape);
            Assert.Equal(tensor.detach().contiguous().bytes.ToArray(), loaded[name].bytes.ToArray());
        }

        Assert.Equal("12", Safetensors.LoadMetadata(folder["a.safetensors"])["step"]);
        Assert.Equal("\"", Safetensors.LoadMetadata(folder["a.safetensors"])["é\n"]);
        Assert.Equal(["a.safetensors"], folder.Names);
    }

    [Fact]
    public void BytesAreAlignedAndDoNotDependOnTheOrderOfTheTensors()
    {
        var (a, b) = (ones(3), arange(1, 5, int64));
        Safetensors.Save(folder["1"], new Dictionary<string, Tensor> { ["a"] = a, ["b"] = b });
        Safetensors.Save(folder["2"], new Dictionary<string, Tensor> { ["b"] = b, ["a"] = a });
        var bytes = File.ReadAllBytes(folder["1"]);
        Assert.Equal(bytes, File.ReadAllBytes(folder["2"]));
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(bytes) % 8);
        Assert.Equal([.. b.bytes, .. a.bytes], bytes[^44..]);
    }

    [Fact]
    public void LoadedTensorsOutliveTheScopeTheyWereLoadedIn()
    {
        Dictionary<string, Tensor> loaded;
        using (NewDisposeScope()) loaded = Safetensors.Load(Golden.File("F3_sae.safetensors"));
        Assert.All(loaded.Values, tensor => Assert.False(tensor.IsInvalid));
        foreach (var tensor in loaded.Values) tensor.Dispose();
    }

    [Theory]
    [InlineData("F1_gpt2_ntp")]
    [InlineData("F2_cocomix")]
    [InlineData("F3_sae")]
    [InlineData("F4_attribution")]
    [InlineData("F5_trajectory")]
    [InlineData("F6_lr_schedule")]
    public void FilesOfTheReferenceImplementationLoad(string name)
    {
        var loaded = Safetensors.Load(Golden.File(name + ".safetensors"));
        Assert.Equal(name, Safetensors.LoadMetadata(Golden.File(name + ".safetensors"))["fixture"]);

        // The JSON beside each file states every tensor's shape ([] was written as [1]) and largest absolute value.
        using var expected = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Golden.File(name + ".json")));
        foreach (var property in expected.RootElement.GetProperty("tensors").EnumerateObject())
        {
            var tensor = loaded[property.Name];
            long[] shape = [.. property.Value.GetProperty("shape").EnumerateArray().Select(n => n.GetInt64())];
            Assert.Equal(shape is [] ? [1] : shape, tensor.shape);
            if (property.Value.TryGetProperty("max_abs", out var largest))
                Assert.Equal(largest.GetDouble(), tensor.to(float64).abs().max().item<double>(), 1e-6 * largest.GetDouble());
        }

        Safetensors.Save(folder["again"], loaded);
        var again = Safetensors.Load(folder["again"]);
        Assert.Equal(loaded.Keys.Order(), again.Keys.Order());
        Assert.All(loaded, t => Assert.Equal(t.Value.bytes.ToArray(), again[t.Key].bytes.ToArray()));
        foreach (var tensor in loaded.Values.Concat(again.Values)) tensor.Dispose();
    }

    [Theory]
    [InlineData("[]", 0, "must be an object")]
    [InlineData("{", 0, "not valid JSON")]
    [InlineData("{}", 4, "0 bytes of data, but the file holds 4")]
    [InlineData("""{"__metadata__":{"a":1}}""", 0, "not an object of strings")]
    [InlineData("""{"w":[]}""", 0, "'w'")]
    [InlineData("""{"\ud800":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1, "not valid JSON")]
    [InlineData("""{"w":{"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype is missing")]
    [InlineData("""{"w":{"dtype":"F8_E5M2","shape":[4],"data_offsets":[0,4]}}""", 4, "F8_E5M2")]
    [InlineData("""{"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "non-negative")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, "non-negative")]
    [InlineData("""{"w":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "shape")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "data_offsets")]
    [InlineData("""{"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, "must rise")]
    [InlineData("""{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 4, "the file's 4 bytes")]
    [InlineData("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", 8, "[3] of F32 takes 12 bytes")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}}""", 0, "more than 2^63")]
    [InlineData("""{"w":{"dtype":"F32","shape":[4611686018427387904,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", 0, "more than 2^63")]
    [InlineData("""{"w":{"dtype":"F32","shape":[0,4611686018427387904,4611686018427387904],"data_offsets":[0,0]}}""", 0, "more than 2^63")]
    [InlineData("""{"w":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"v":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "must begin at 2")]
    [InlineData("""{"w":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", 3, "must begin at 0")]
    [InlineData("""{"w":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"w":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}""", 2, "'w'")]
    public void AHeaderThatLiesIsRefusedBySayingWhere(string json, int dataBytes, string saying)
    {
        var header = Encoding.UTF8.GetBytes(json);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        File.WriteAllBytes(folder["bad.safetensors"], [.. length, .. header, .. new byte[dataBytes]]);

        var error = Assert.Throws<InvalidDataException>(() => Safetensors.Load(folder["bad.safetensors"]));

        Assert.Contains(folder["bad.safetensors"], error.Message);
        Assert.Contains(saying, error.Message);
    }

    [Fact]
    public void AnyCutOrFlippedHeaderByteIsRefusedOrHarmless()
    {
        var whole = File.ReadAllBytes(Golden.File("F6_lr_schedule.safetensors"));
        foreach (var length in new[] { 0, 5, 8, 9, 100, whole.Length - 1 })
        {
            File.WriteAllBytes(folder["cut"], whole[..length]);
            Assert.Throws<InvalidDataException>(() => Safetensors.Load(folder["cut"]));
        }

        for (int i = 0; i < 184; i++)
        {
            var flipped = whole.ToArray();
            flipped[i] ^= (byte)(1 << i % 8);
            File.WriteAllBytes(folder["flipped"], flipped);
            try
            {
                foreach (var tensor in Safetensors.Load(folder["flipped"]).Values) tensor.Dispose();
            }
            catch (InvalidDataException)
            {
            }
        }
    }

    [Fact]
    public void WhatTheFormatLacksIsRefusedByName()
    {
        Assert.Contains("'z'", Assert.Throws<ArgumentException>(
            () => Safetensors.Save(folder["a"], new Dictionary<string, Tensor> { ["z"] = zeros(2, complex64) })).Message);
        Assert.Contains("__metadata__", Assert.Throws<ArgumentException>(
            () => Safetensors.Save(folder["a"], new Dictionary<string, Tensor> { ["__metadata__"] = zeros(2) })).Message);
        Assert.Empty(folder.Names);
    }

    [Fact]
    public void AFailedWriteLeavesTheOldFile()
    {
        File.WriteAllText(folder["a"], "old");
        Assert.Throws<NotSupportedException>(() => AtomicFile.Write(folder["a"], stream =>
        {
            stream.WriteByte(1);
            throw new NotSupportedException();
        }));
        Assert.Equal("old", File.ReadAllText(folder["a"]));
        Assert.Equal(["a"], folder.Names);
    }
}
