using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>Concept labels extracted for each batch as it is trained on, by the student's declared teacher and SAEs.</summary>
/// <param name="student">A model that declares concept labels; its weights are not read.</param>
/// <param name="teacher">Its teacher, trained, on the student's device.</param>
/// <param name="saes">Its SAEs, one for each concept head, trained on the teacher, on the same device.</param>
public sealed class TeacherLabels(LanguageModel student, LanguageModel teacher, SparseAutoencoder[] saes) : IConceptLabels
{
    /// <summary>The model that is to learn the labels.</summary>
    public LanguageModel Student => student;

    /// <summary>The model whose hidden states are labelled.</summary>
    public LanguageModel Teacher => teacher;

    /// <summary>Hash of the teacher's weights.</summary>
    public string TeacherHash { get; } = ContentHash.Of(teacher);

    /// <summary>Hashes of the SAEs' weights.</summary>
    public IReadOnlyList<string> SaeHashes { get; } = [.. saes.Select(ContentHash.Of)];

    /// <summary>Hashes of the teacher's and the SAEs' weights: the same for labels from memory, from a file and extracted now.</summary>
    public string Identity => string.Join(' ', [TeacherHash, .. SaeHashes]);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The teacher or an SAE is not the declared one.</exception>
    public Tensor For(ReadOnlySpan<long> starts, Tensor ids) => student.label(ids, teacher, saes);
}
