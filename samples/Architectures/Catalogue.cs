using CoCoMix;

namespace Architectures;

/// <summary>An architecture of this sample.</summary>
/// <param name="Create">A new model with random weights.</param>
/// <param name="Check">Compares its generated gradients with autograd's; the largest error comes first.</param>
public sealed record Architecture(string Name, Func<LanguageModel> Create, Func<IReadOnlyList<CheckedGradient>> Check)
{
    public static IReadOnlyList<Architecture> All { get; } =
    [
        Of<Llama>(), Of<Gemma>(), Of<Bloom>(), Of<Original>(), Of<GptJ>(), Of<MixtureOfExperts>(), Of<Retention>(), Of<StateSpace>(),
        Of<TwoDepths>(), Of<OwnParts>(), Of<PlainModule>(),
    ];

    private static Architecture Of<TModel>() where TModel : LanguageModel, new() =>
        new(typeof(TModel).Name, () => new TModel(), () => ModelCheck.Gradients<TModel>());
}
