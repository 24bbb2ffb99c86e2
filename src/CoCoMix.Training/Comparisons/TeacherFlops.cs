using System.Reflection;

namespace CoCoMix.Training;

/// <summary>FLOPs of training a model and of what it learns from, by the cards of the classes that it declares.</summary>
public static class TeacherFlops
{
    /// <summary>Costs of training a model. What its steps compute of a teacher (distillation, regression) is a part of the student's.</summary>
    /// <param name="model">A declared model; its weights are not read.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="isLabelled">Whether it trains on labels that its teacher made.</param>
    /// <param name="teacherTokens">Tokens that its teacher was trained on; null where that is not known.</param>
    /// <param name="saeTokens">Hidden states that each of its SAEs was trained on; null where that is not known.</param>
    public static VariantCost CostOf(LanguageModel model, int length, bool isLabelled, long? teacherTokens, long? saeTokens)
    {
        var student = model.Card.ForwardFlops.At(length) + model.Card.BackwardFlops.At(length);
        if (!isLabelled && !model.RunsTeacher) return new(student, 0, 0);
        var (taught, teacher) = (model.Card.TeacherFlops.At(length), Card.Of(model.TeacherType!)!);
        var training = teacherTokens * (teacher.ForwardFlops.At(length) + teacher.BackwardFlops.At(length));
        return isLabelled
            ? new(student, taught, training + saeTokens * LabelHeader.Declared(model).Zip(model.SaeTypes).Sum(pair => Sae(teacher, length, pair.First.AfterBlock, pair.Second)))
            : new(student + taught, 0, training);
    }

    /// <summary>Training an SAE on a hidden state: the teacher up to the block, the encoder forward and the gradient of its weights; the decoder has few rows to multiply.</summary>
    private static double Sae(Card teacher, int length, int afterBlock, Type sae) =>
        Forward(teacher, length, afterBlock) + (sae.GetCustomAttribute<SparseAutoencoderAttribute>() is { } declared ? 4.0 * declared.Inputs * declared.Latents : 0);

    /// <summary>The teacher's blocks up to one, that one included.</summary>
    private static double Forward(Card teacher, int length, int last) => (teacher.ForwardFlops.At(length) - 2.0 * teacher.Width * teacher.Vocabulary) * (last + 1) / teacher.Blocks;
}
