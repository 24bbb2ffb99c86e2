using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Rules;

/// <summary>What a sound declaration had better not do: rules that are warnings or information.</summary>
public static class Remarks
{
    /// <summary>Sizes below this waste nothing that matters.</summary>
    private const int Large = 256;

    private const double GiB = 1L << 30;

    public static IReadOnlyList<Violation> On(Declaration declaration) => !Check.Passes(declaration) ? [] : [.. Costs(declaration.Spec).OfType<Violation>(), .. Code(declaration.Spec)];

    private static IEnumerable<Violation?> Costs(ClassSpec spec) => spec switch
    {
        ModelSpec model => new[]
        {
            Wasteful(model, AttributeNames.LanguageModel, nameof(model.Vocabulary), model.Vocabulary, padded: true),
            Wasteful(model, AttributeNames.LanguageModel, nameof(model.Width), model.Width),
            OverBudget(model),
        },
        SaeSpec sae => new[]
        {
            Wasteful(sae, AttributeNames.SparseAutoencoder, nameof(sae.Inputs), sae.Inputs),
            Wasteful(sae, AttributeNames.SparseAutoencoder, nameof(sae.Latents), sae.Latents),
        },
        ConceptHeadSpec { Own: null } head => new[] { Wasteful(head, AttributeNames.ConceptHead, nameof(head.Concepts), head.Concepts) },
        _ => [],
    };

    private static IEnumerable<Violation> Code(ClassSpec spec) => spec switch
    {
        ConceptHeadSpec { Own: { } own } => ModuleRemarks.On(own.Module),
        ModuleSpec module => ModuleRemarks.On(module),
        _ => [],
    };

    /// <summary>Tensor cores multiply tiles of 8 by 8 numbers of 16 bits and more; what does not fill them is computed all the same.</summary>
    /// <param name="padded">Whether rows can be added that nothing reads.</param>
    private static Violation? Wasteful(ClassSpec spec, string attribute, string argument, int size, bool padded = false)
    {
        if (size < Large || size % 8 == 0) return null;
        var (site, next) = (new Site(spec.Type, attribute, argument), Check.Number(Check.Padded(size)));
        return new(Rule.WastesTensorCores, site, [argument, Check.Number(size), spec.Type.Name, next])
            { Edit = padded ? new(EditKind.SetArgument, site, next, $"Pad {argument} to {next}") : null };
    }

    /// <summary>What a step takes, although blocks keep no more than their inputs where that is needed.</summary>
    private static Violation? OverBudget(ModelSpec model)
    {
        if (model.Budget is not { } budget) return null;
        var (parameters, perToken) = Cost.Memory(model, ModelLowering.Lower(model).Step);
        var activations = perToken * budget.BatchTokens;
        if (parameters + activations <= budget.Bytes) return null;
        var fits = (long)((budget.Bytes - parameters) / perToken);
        if (fits > model.Context) fits -= fits % model.Context;
        var site = new Site(model.Type, AttributeNames.Budget, nameof(budget.BatchTokens));
        return new(Rule.OverBudget, site,
        [
            model.Type.Name, Amount(parameters + activations), Check.Number(budget.BatchTokens), budget.GiB, Amount(parameters), Amount(activations),
            fits < 1 ? "no step fits, so take a smaller model or a larger budget" : $"at most {Check.Number(fits)} tokens fit",
        ])
        {
            Related = [site with { Argument = nameof(budget.GiB) }],
            Edit = fits < 1 ? null : new(EditKind.SetArgument, site, Check.Number(fits), $"Set {nameof(budget.BatchTokens)} to {Check.Number(fits)}"),
        };
    }

    private static string Amount(double bytes) => (bytes / GiB).ToString("G3", System.Globalization.CultureInfo.InvariantCulture);
}
