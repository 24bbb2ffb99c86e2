using System.ComponentModel;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix;

/// <summary>The parameters of a module that registers them itself, as its attributes declare them. Generated code calls it.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public static class DeclaredWeights
{
    /// <summary>Lists a module's parameters in the order of their declaration.</summary>
    /// <exception cref="InvalidOperationException">The module has other parameters, or other shapes, than its attributes say.</exception>
    public static void Collect(nn.Module module, (string Name, long[] Shape)[] declared, Span<Tensor> into)
    {
        var own = module.named_parameters().ToDictionary(pair => pair.name, pair => pair.parameter);
        for (var i = 0; i < declared.Length; i++)
        {
            var (name, shape) = declared[i];
            if (!own.Remove(name, out var parameter))
                throw new InvalidOperationException(
                    $"{module.GetType().Name} declares the parameter '{name}' but has not registered it: make the layer in the constructor, before RegisterComponents().");
            if (!parameter.shape.AsSpan().SequenceEqual(shape))
                throw new InvalidOperationException(
                    $"'{name}' of {module.GetType().Name} is [{string.Join(", ", parameter.shape)}], but its attribute says [{string.Join(", ", shape)}].");
            into[i] = parameter;
        }
        if (own.Count > 0)
            throw new InvalidOperationException(
                $"{module.GetType().Name} has registered '{own.Keys.First()}', which no attribute declares: give its field an attribute, or the class [Eager].");
    }
}
