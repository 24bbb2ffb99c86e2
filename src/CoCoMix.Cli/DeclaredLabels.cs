using CoCoMix.Cli.Settings;
using TorchSharp;

namespace CoCoMix.Cli;

/// <summary>The teacher and the SAEs that a concept model declares, with their weights.</summary>
internal static class DeclaredLabels
{
    /// <summary>Loads them, on the student's device.</summary>
    /// <exception cref="InvalidDataException">The model declares no labels, or from another number of SAEs, or weights do not fit.</exception>
    public static (LanguageModel Teacher, SparseAutoencoder[] Saes) Load(LanguageModel student, string teacherPath, IReadOnlyList<string> saePaths, torch.Device device, Precision precision)
    {
        if (student.TeacherType is not { } teacherType)
            throw new InvalidDataException($"--labels.teacher is given, but {student.GetName()} declares no concept labels: leave it out.");
        if (saePaths.Count != student.SaeTypes.Count)
            throw new InvalidDataException($"--labels.saes names {saePaths.Count} files, but {student.GetName()} declares {student.SaeTypes.Count} SAEs: give the weights of {string.Join(" and ", student.SaeTypes.Select(type => type.Name))}.");
        var teacher = DeclaredModels.Create<LanguageModel>(teacherType);
        Checkpoint.Load(teacher, teacherPath);
        teacher.eval();
        var saes = student.SaeTypes.Zip(saePaths, (type, path) =>
        {
            var sae = DeclaredModels.Create<SparseAutoencoder>(type);
            Checkpoint.Load(sae, path);
            sae.to(device);
            return sae;
        }).ToArray();
        return (teacher.On(device, precision), saes);
    }
}
