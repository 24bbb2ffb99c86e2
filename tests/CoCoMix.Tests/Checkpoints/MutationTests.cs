using System.Buffers.Binary;
using System.Diagnostics;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests.Checkpoints;

/// <summary>
/// Files of weights from strangers: 100,000 mutations of golden files, the same in every run, are loaded or refused in a sentence, in little time and
/// memory. <c>COCOMIX_FUZZ=1000000</c> makes as many of each file.
/// </summary>
public sealed class MutationTests
{
    private static readonly long[] Interesting =
        [0, 1, -1, 127, 128, 255, 256, 32_767, 65_535, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 32, 1L << 40, long.MaxValue, long.MinValue, long.MaxValue / 4];

    private static readonly int Fewest = int.Parse(Environment.GetEnvironmentVariable("COCOMIX_FUZZ") ?? "0");

    [Theory]
    [InlineData("sae.pt", 30_000)]
    [InlineData("pytorch_model.bin", 5_000)]
    [InlineData("pytorch_model_hub_legacy.bin", 25_000)]
    [InlineData("F6_lr_schedule.safetensors", 30_000)]
    [InlineData("F3_sae.safetensors", 10_000)]
    public void A_mutated_file_is_loaded_or_refused(string name, int mutations)
    {
        var original = File.ReadAllBytes(Golden.File(name));
        Func<Stream, IReadOnlyDictionary<string, Tensor>> load = name.EndsWith(".safetensors") ? stream => Safetensors.Load(stream, name) : stream => PyTorchFile.Load(stream, name).Tensors;
        var random = new Random(17);
        var (loaded, refused) = (0, 0);
        for (var i = 0; i < Math.Max(mutations, Fewest); i++)
        {
            var bytes = Mutated(original, random);
            var (allocated, started) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            var refusal = Record.Exception(() =>
            {
                var tensors = load(new MemoryStream(bytes)).Values;
                var largest = tensors.Max(tensor => (long?)(tensor.numel() * tensor.element_size()));
                foreach (var tensor in tensors) tensor.Dispose();
                Assert.True((largest ?? 0) <= bytes.Length, "a tensor is larger than its file");
            });
            if (refusal is null) loaded++;
            else refused++;
            if (refusal is not null and not InvalidDataException) throw new InvalidOperationException($"{name}, mutation {i}: {refusal.Message}", refusal);
            if (refusal is not null) Assert.StartsWith($"'{name}'", refusal.Message);
            allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
            Assert.True(allocated < 20 * bytes.Length + 1_000_000, $"{name}, mutation {i}: {allocated} bytes were allocated for a file of {bytes.Length}");
            Assert.True(Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(10), $"{name}, mutation {i}: took {Stopwatch.GetElapsedTime(started)}");
        }
        // Else the mutations are too weak or too strong to say anything.
        Assert.InRange(refused, loaded / 20, 50 * loaded);
    }

    private static byte[] Mutated(byte[] original, Random random)
    {
        var bytes = new List<byte>(original);
        for (var count = 1 + random.Next(4); count > 0 && bytes.Count > 0; count--)
        {
            var at = Place(bytes.Count, random);
            var length = Math.Min(1 + random.Next(1 << random.Next(10)), bytes.Count - at);
            switch (random.Next(9))
            {
                case 0 or 1: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 2: bytes[at] = (byte)random.Next(256); break;
                case 3: Overwrite(bytes, at, Interesting[random.Next(Interesting.Length)], 1 << random.Next(4)); break;
                case 4: Overwrite(bytes, at, bytes.Count + random.Next(-9, 9), 4); break;
                case 5: bytes.RemoveRange(at, length); break;
                case 6: bytes.InsertRange(at, bytes.GetRange(Place(bytes.Count - length + 1, random), length)); break;
                case 7:
                    var from = Place(bytes.Count - length + 1, random);
                    for (var i = 0; i < length; i++) bytes[at + i] = bytes[from + i];
                    break;
                default:
                    if (random.Next(10) == 0) bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }

    /// <summary>A place in the file, mostly where what describes it is: at its beginning or, in a zip archive, at its end.</summary>
    private static int Place(int count, Random random) => random.Next(4) switch
    {
        0 => random.Next(count),
        1 => Math.Max(0, count - 1 - random.Next(Math.Min(count, 1_200))),
        2 => random.Next(Math.Min(count, 200)),
        _ => random.Next(Math.Min(count, 5_000)),
    };

    private static void Overwrite(List<byte> bytes, int at, long value, int width)
    {
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(number, value);
        for (var i = 0; i < width && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }
}
