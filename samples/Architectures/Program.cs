using Architectures;
using CoCoMix;

foreach (var error in new Func<IReadOnlyList<CheckedGradient>>[]
{
    () => ModelCheck.Gradients<Llama>(), () => ModelCheck.Gradients<Gemma>(), () => ModelCheck.Gradients<Bloom>(), () => ModelCheck.Gradients<Original>(),
    () => ModelCheck.Gradients<GptJ>(), () => ModelCheck.Gradients<MixtureOfExperts>(),
    () => ModelCheck.Gradients<StateSpace>(), () => ModelCheck.Gradients<PlainModule>(),
})
{
    try { Console.WriteLine(error()[0]); }
    catch (Exception e) { Console.WriteLine(e.Message); }
}
