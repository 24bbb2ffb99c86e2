using System.Security.Cryptography;

namespace CoCoMix.Training;

/// <summary>SHA-256, in hexadecimal, of what something was made from, so that it is not used with anything else.</summary>
internal static class ContentHash
{
    /// <summary>Of a file's bytes.</summary>
    public static string Of(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Of a model's or an SAE's weights.</summary>
    public static string Of(FusedModule module)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return Safetensors.Hash(module.state_dict(), new Dictionary<string, string>());
    }
}
