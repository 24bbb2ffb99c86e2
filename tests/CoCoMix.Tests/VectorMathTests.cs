using System.Text;
using System.Text.RegularExpressions;
using CoCoMix.Native;

namespace CoCoMix.Tests;

public partial class VectorMathTests
{
    /// <summary>Two threads that are the first to call a function of MKL may get a kernel of few digits, so none may be left to them.</summary>
    [Fact]
    public void No_function_that_libtorch_has_from_MKL_is_left_for_several_threads_to_find()
    {
        var library = Path.Combine(AppContext.BaseDirectory, "runtimes/linux-x64/native/libtorch_cpu.so");
        if (!File.Exists(library)) return;
        Assert.Equal(FunctionsOfMkl(library), VectorMath.Functions.Select(function => function.Method.Name is var name && name == "log" ? "ln" : name).Order(StringComparer.Ordinal));
    }

    /// <summary>What follows "vms" in the names of symbols, of which the file has a table, in small letters.</summary>
    static SortedSet<string> FunctionsOfMkl(string library)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        using var file = File.OpenRead(library);
        var bytes = new byte[1 << 24];
        const int overlap = 64;
        for (long at = 0; at < file.Length; at += bytes.Length - overlap)
        {
            file.Position = at;
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            foreach (Match name in Name().Matches(Encoding.Latin1.GetString(bytes, 0, read))) found.Add(name.Groups[1].Value.ToLowerInvariant());
        }
        return found;
    }

    [GeneratedRegex("(?<=\0)vms([A-Z][A-Za-z0-9]*)(?=\0)")]
    private static partial Regex Name();
}
