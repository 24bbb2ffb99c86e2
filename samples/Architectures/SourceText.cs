namespace Architectures;

/// <summary>This sample's own source, which is built into it: a text to train on that needs no file.</summary>
public static class SourceText
{
    public static byte[] Bytes()
    {
        var assembly = typeof(SourceText).Assembly;
        using var all = new MemoryStream();
        foreach (var name in assembly.GetManifestResourceNames().Order(StringComparer.Ordinal))
        {
            using var file = assembly.GetManifestResourceStream(name)!;
            file.CopyTo(all);
        }
        return all.ToArray();
    }
}
