using System.Security.Cryptography;

namespace CoCoMix.Training;

/// <summary>SHA-256, in hexadecimal, of what something was made from, so that it is not used with anything else.</summary>
public static class ContentHash
{
    /// <summary>Of a token file's bytes, as its header says, or read where it has none.</summary>
    public static string Of(TokenFile tokens)
    {
        if (tokens.Header is { } header) return header.Sha256;
        using var stream = File.OpenRead(tokens.Path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Of a model's or an SAE's weights.</summary>
    public static string Of(FusedModule module)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        return Safetensors.Hash(module.state_dict(), new Dictionary<string, string>());
    }
}
