using static TorchSharp.torch;

namespace CoCoMix.Training.Tests.Tasks;

/// <summary>A model with known probabilities, whatever comes before: those given, and the others share the rest.</summary>
internal static class KnownModel
{
    public static ByteModel Of(params (char Byte, double Probability)[] known)
    {
        var probabilities = Enumerable.Repeat((1 - known.Sum(one => one.Probability)) / (257 - known.Length), 257).ToArray();
        foreach (var (character, probability) in known) probabilities[TaskFile.Bytes.Encode($"{character}")[0]] = probability;
        var model = new ByteModel();
        using var _ = no_grad();
        // The last norm's bias is all that reaches the head, and its first number is 1.
        foreach (var parameter in model.parameters()) parameter.zero_();
        model.norm.bias!.select(0, 0).fill_(1);
        model.tokens.weight.select(1, 0).copy_(tensor(probabilities.Select(one => (float)Math.Log(one)).ToArray()));
        return model;
    }
}
