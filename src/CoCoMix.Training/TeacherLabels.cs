using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Concept labels extracted for each batch as it is trained on, by the student's declared teacher and SAEs.</summary>
/// <param name="student">A model that declares concept labels.</param>
/// <param name="teacher">Its teacher, trained, on the student's device.</param>
/// <param name="saes">Its SAEs, one for each concept head, trained on the teacher, on the same device.</param>
public sealed class TeacherLabels(LanguageModel student, LanguageModel teacher, SparseAutoencoder[] saes) : IConceptLabels
{
    /// <summary>A hash of the teacher's and the SAEs' weights.</summary>
    public string Identity { get; } = Hash([teacher, .. saes]);

    /// <inheritdoc/>
    public Tensor For(ReadOnlySpan<long> starts, Tensor ids) => student.label(ids, teacher, saes);

    private static string Hash(IEnumerable<FusedModule> modules)
    {
        using var scope = NewDisposeScope();
        return string.Join(' ', modules.Select(module => Safetensors.Hash(module.state_dict(), new Dictionary<string, string>())));
    }
}
