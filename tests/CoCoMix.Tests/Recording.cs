using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Tests;

/// <summary>One golden file, and comparisons at the tolerances its README states.</summary>
internal sealed class Recording(string name)
{
    private readonly Dictionary<string, Tensor> _tensors = Safetensors.Load(Golden.File(name + ".safetensors"));

    public Tensor this[string key] => _tensors[key];

    /// <summary>Copies the recorded weights, all of them, into a module.</summary>
    public T Load<T>(T module, string? prefix = null) where T : nn.Module
    {
        prefix ??= "w.";
        var weights = _tensors.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal));
        Names(module).Load(module, weights.ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value), name);
        return module;
    }

    /// <summary>The names in recordings; the reference's CoCoMix has all of GPT-2's.</summary>
    public static WeightNames Names(nn.Module module) => module is SparseAutoencoder ? WeightNames.OpenAiSae : WeightNames.ReferenceCoCoMix;

    /// <summary><c>|a - b| &lt;= 2e-5 max|b| + 1e-7</c></summary>
    public void Close(string key, Tensor actual) => Close(key, this[key], actual, 2e-5 * this[key].abs().max().item<float>() + 1e-7);

    public void CloseLoss(string key, Tensor actual) => Close(key, this[key].squeeze(), actual, 1e-5);

    public void Equal(string key, Tensor actual) => Assert.True(this[key].equal(actual).all().item<bool>(), key);

    /// <summary>The gradient of every parameter; each recorded gradient belongs to one.</summary>
    public void CloseGradients(nn.Module module, string prefix = "g.")
    {
        var compared = 0;
        foreach (var (parameter, value) in module.named_parameters())
        {
            var (theirs, transposed) = Names(module).Of(parameter)!.Value;
            using var gradient = value.grad!;
            Close(prefix + theirs, transposed ? gradient.t() : gradient);
            compared++;
        }
        Assert.Equal(_tensors.Keys.Count(key => key.StartsWith(prefix, StringComparison.Ordinal)), compared);
    }

    public static void Close(string what, Tensor expected, Tensor actual, double tolerance)
    {
        Assert.Equal(expected.shape, actual.shape);
        var difference = (expected.to(float64) - actual.detach().to(float64)).abs().max().item<double>();
        Assert.True(difference <= tolerance, $"{what}: differs by {difference:G3}, more than {tolerance:G3}");
    }
}
