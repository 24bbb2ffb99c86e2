using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli;

/// <summary>A teacher and its SAEs, of the classes that a student declares, with weights from files.</summary>
internal static class TeacherFiles
{
    /// <summary>Loads both.</summary>
    /// <param name="student">Declares them.</param>
    /// <param name="teacher">The file of the teacher's weights.</param>
    /// <param name="option">How messages name the option that gave <paramref name="saes"/>.</param>
    /// <param name="saes">The files of the SAEs' weights, in the order of <c>[ConceptLabels]</c>.</param>
    /// <param name="device">Where they go.</param>
    /// <param name="precision">What the teacher computes in.</param>
    /// <exception cref="InvalidDataException">There are not as many files as SAEs, or weights are not of the declared classes.</exception>
    public static TeacherLabels Load(LanguageModel student, string teacher, string option, string[] saes, torch.Device device, Precision precision)
    {
        if (saes.Length != student.SaeTypes.Count)
            throw new InvalidDataException($"{option} names {saes.Length} files, but {student.GetName()} declares {student.SaeTypes.Count} SAEs: give the weights of {SaeNames(student)}.");
        return new(student, Teacher(student, teacher, device, precision), [.. student.SaeTypes.Zip(saes, (type, file) => Sae(DeclaredModels.Create<SparseAutoencoder>(type), file, device))]);
    }

    /// <summary>The teacher that a student declares, in evaluation mode.</summary>
    public static LanguageModel Teacher(LanguageModel student, string file, torch.Device device, Precision precision)
    {
        var teacher = DeclaredModels.Create<LanguageModel>(student.TeacherType!);
        Checkpoint.Load(teacher, file);
        teacher.eval();
        return teacher.On(device, precision);
    }

    /// <summary>The classes of the SAEs that a student declares, for a sentence.</summary>
    public static string SaeNames(LanguageModel student) => string.Join(" and ", student.SaeTypes.Select(type => type.Name));

    /// <summary>Gives an SAE its weights, on a device.</summary>
    public static SparseAutoencoder Sae(SparseAutoencoder sae, string file, torch.Device device)
    {
        Checkpoint.Load(sae, file);
        sae.to(device);
        return sae;
    }
}
