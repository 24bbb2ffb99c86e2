using System.Reflection;

namespace CoCoMix.Training;

/// <summary>FLOPs of what a concept model needs besides its own steps, estimated from the cards of the classes that it declares.</summary>
public static class TeacherFlops
{
    /// <summary>Costs of training a model.</summary>
    /// <param name="model">A declared model; its weights are not read.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="teacherTokens">Tokens that its teacher was trained on; null where that is not known.</param>
    /// <param name="saeTokens">Hidden states that each of its SAEs was trained on; null where that is not known.</param>
    public static VariantCost CostOf(LanguageModel model, int length, long? teacherTokens, long? saeTokens)
    {
        var student = model.Card.ForwardFlops.At(length) + model.Card.BackwardFlops.At(length);
        if (model.TeacherType is not { } teacherType) return new(student, 0, 0);
        var teacher = Card.Of(teacherType)!;
        return new(student, model.Card.TeacherFlops.At(length),
            teacherTokens * (teacher.ForwardFlops.At(length) + teacher.BackwardFlops.At(length))
            // An SAE's encoder forward, and the gradient of its weights; its decoder has few rows to multiply.
            + (model.SaeTypes.Count == 0 ? 0 : saeTokens * LabelHeader.Declared(model).Zip(model.SaeTypes, (head, sae) => Forward(teacher, length, head.AfterBlock) + 2 * EncoderOf(sae)).Sum()));
    }

    /// <summary>Of the teacher up to a block, that one included.</summary>
    private static double Forward(Card teacher, int length, int last) => (teacher.ForwardFlops.At(length) - HeadOf(teacher)) * (last + 1) / teacher.Blocks;

    /// <summary>The product with the output head, <c>[D, V]</c>.</summary>
    private static double HeadOf(Card card) => 2.0 * card.Width * card.Vocabulary;

    /// <summary>The product with an SAE's encoder, <c>[D, L]</c>.</summary>
    private static double EncoderOf(Type sae) => sae.GetCustomAttribute<SparseAutoencoderAttribute>() is { } declared ? 2.0 * declared.Inputs * declared.Latents : 0;
}
