using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>Modules that share a name and are told apart by a number: <c>concepts.0</c>, <c>concepts.1</c>.</summary>
public sealed class Numbered : nn.Module
{
    /// <param name="modules">The modules and their numbers.</param>
    public Numbered(params ReadOnlySpan<(int Number, nn.Module Module)> modules) : base(nameof(Numbered))
    {
        foreach (var (number, module) in modules) register_module($"{number}", module);
    }
}
