using System.Globalization;
using System.Text.RegularExpressions;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>How a concept's logit is changed.</summary>
public enum ConceptOperation
{
    /// <summary>It becomes the amount.</summary>
    Set,

    /// <summary>The amount is added to it.</summary>
    Add,

    /// <summary>It is multiplied by the amount.</summary>
    Multiply,

    /// <summary>It becomes the amount times the position's largest logit; from 1 on the concept is the strongest everywhere.</summary>
    Dominate,
}

/// <summary>A change to one concept's logit at every position.</summary>
/// <param name="Concept">The concept's index; those of a model's second head are counted on from those of its first.</param>
/// <param name="Operation">What is done.</param>
/// <param name="Amount">By how much.</param>
public readonly partial record struct ConceptChange(int Concept, ConceptOperation Operation, double Amount)
{
    /// <summary>Reads <c>123=4</c> (set), <c>123+4</c> or <c>123-4</c> (add), <c>123x4</c> or <c>123*4</c> (multiply), <c>123=4max</c> (dominate).</summary>
    /// <exception cref="ArgumentException">The text is none of these.</exception>
    public static ConceptChange Parse(string text)
    {
        var match = Syntax.Match(text);
        ConceptOperation? operation = (match.Groups["sign"].Value, match.Groups["max"].Value) switch
        {
            ("=", "") => ConceptOperation.Set,
            ("+" or "-", "") => ConceptOperation.Add,
            ("x" or "*", "") => ConceptOperation.Multiply,
            ("=", "max") => ConceptOperation.Dominate,
            _ => null,
        };
        if (operation is null || !int.TryParse(match.Groups["concept"].ValueSpan, CultureInfo.InvariantCulture, out var concept))
            throw new ArgumentException(
                $"'{text}' is no change to a concept: write its index and what happens to its logit, 123=4 (set), 123+4 or 123-4 (add), 123x4 (multiply), or 123=4max (4 times the position's largest).");
        var amount = double.Parse(match.Groups["amount"].ValueSpan, CultureInfo.InvariantCulture);
        return new(concept, operation.Value, match.Groups["sign"].Value == "-" ? -amount : amount);
    }

    /// <summary>Applies the change to concept logits <c>[..., C]</c>, of whose head it is.</summary>
    public Tensor Apply(Tensor logits)
    {
        var index = tensor(new long[] { Concept }, device: logits.device);
        var own = logits.index_select(-1, index);
        return logits.index_copy(-1, index, Operation switch
        {
            ConceptOperation.Set => full_like(own, Amount),
            ConceptOperation.Add => own + Amount,
            ConceptOperation.Multiply => own * Amount,
            // Where all logits are negative, a multiple of the largest would be smaller still.
            _ => logits.amax([-1], keepdim: true).clamp_min(0) * Amount,
        });
    }

    [GeneratedRegex("^(?<concept>[0-9]+)(?<sign>[=+x*-])(?<amount>-?[0-9]+([.][0-9]+)?([eE][-+]?[0-9]+)?)(?<max>max)?$")]
    private static partial Regex Syntax { get; }
}

/// <summary>Changes to concept logits that steer a concept model.</summary>
public static class Steering
{
    /// <summary>What the changes make of the concept logits <c>[B, T, C]</c> of each of a model's heads, for <see cref="ConceptHead.Steer"/>; null for an untouched head.</summary>
    /// <exception cref="ArgumentException">The model has no such concept.</exception>
    public static IReadOnlyList<Func<Tensor, Tensor>?> Of(LanguageModel model, IReadOnlyList<ConceptChange> changes)
    {
        var concepts = model.ConceptHeads.Sum(head => head.Concepts);
        foreach (var change in changes)
            if (change.Concept < 0 || change.Concept >= concepts)
                throw new ArgumentException(concepts == 0
                    ? $"{model.GetName()} predicts no concepts, so concept {change.Concept} cannot be steered."
                    : $"{model.GetName()} has no concept {change.Concept}: its concepts are 0 to {concepts - 1}.");
        var first = 0;
        return [.. model.ConceptHeads.Select(head =>
        {
            var own = changes.Where(change => change.Concept >= first && change.Concept < first + head.Concepts)
                .Select(change => change with { Concept = change.Concept - first }).ToArray();
            first += head.Concepts;
            return own.Length == 0 ? null : (Func<Tensor, Tensor>)(logits => own.Aggregate(logits, (changed, change) => change.Apply(changed)));
        })];
    }
}
