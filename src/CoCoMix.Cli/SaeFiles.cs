using CoCoMix.Cli.Commands;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli;

/// <summary>What an SAE reads: the hidden states of a teacher from a file, on tokens from another.</summary>
internal static class SaeFiles
{
    /// <summary>The teacher's hidden states after the block that the settings name.</summary>
    /// <exception cref="InvalidDataException">Teacher, SAE, block, window length and tokens do not fit each other.</exception>
    public static HiddenStates States(SaeSettings settings, SparseAutoencoder sae, TokenFile tokens, torch.Device device, int batch, CancellationToken stop)
    {
        var teacher = DeclaredModels.CreateLanguageModel(settings.Teacher, settings.Assembly);
        var card = teacher.Card;
        var length = settings.Length ?? card.Context;
        if (teacher.ConceptHeads.Count > 0) throw new InvalidDataException($"--teacher is {settings.Teacher}, which mixes concepts itself: name a model without [MixConcepts].");
        if (settings.AfterBlock >= card.Blocks) throw new InvalidDataException($"--after-block is {settings.AfterBlock}: {teacher.GetName()} has blocks 0 to {card.Blocks - 1}.");
        if (card.Width != sae.Inputs) throw new InvalidDataException($"{sae.GetName()} reads hidden states of width {sae.Inputs}, but those of {teacher.GetName()} have {card.Width}: declare an SAE with Inputs = {card.Width}.");
        if (length > card.Context) throw new InvalidDataException($"--length is {length}: {teacher.GetName()} reads at most {card.Context} tokens.");
        tokens.Check(card.Vocabulary, stop);
        Checkpoint.Load(teacher, settings.TeacherWeights);
        teacher.eval();
        return new(teacher.On(device, settings.Precision), settings.AfterBlock, tokens, length) { Batch = batch };
    }
}
