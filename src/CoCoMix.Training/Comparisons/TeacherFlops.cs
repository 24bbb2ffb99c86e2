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
        var heads = LabelHeader.Declared(model).Zip(model.SaeTypes, (head, sae) => (head.AfterBlock, head.Selection, Encoder: EncoderOf(sae))).ToList();
        return new(student,
            Labels(teacher, length, heads.Max(head => head.AfterBlock), [.. heads.Where(head => head.Selection != Selection.Activation).Select(head => head.AfterBlock)]) + heads.Sum(head => head.Encoder),
            teacherTokens * (teacher.ForwardFlops.At(length) + teacher.BackwardFlops.At(length))
            // An SAE's encoder forward, and the gradient of its weights; its decoder has few rows to multiply.
            + saeTokens * heads.Sum(head => Forward(teacher, length, head.AfterBlock) + 2 * head.Encoder));
    }

    private static double Labels(Card teacher, int length, int last, IReadOnlyCollection<int> attributed)
    {
        if (attributed.Count == 0) return Forward(teacher, length, last);
        // A matrix product's backward pass is two products: the gradient of its input, which is wanted here, and that of its weights.
        var (head, blocks) = (HeadOf(teacher), (teacher.BackwardFlops.At(length) - 2 * HeadOf(teacher)) / 2);
        return teacher.ForwardFlops.At(length) + head + blocks * (teacher.Blocks - 1 - attributed.Min()) / teacher.Blocks;
    }

    /// <summary>Of the teacher up to a block, that one included.</summary>
    private static double Forward(Card teacher, int length, int last) => (teacher.ForwardFlops.At(length) - HeadOf(teacher)) * (last + 1) / teacher.Blocks;

    /// <summary>The product with the output head, <c>[D, V]</c>.</summary>
    private static double HeadOf(Card card) => 2.0 * card.Width * card.Vocabulary;

    /// <summary>The product with an SAE's encoder, <c>[D, L]</c>.</summary>
    private static double EncoderOf(Type sae) => sae.GetCustomAttribute<SparseAutoencoderAttribute>() is { } declared ? 2.0 * declared.Inputs * declared.Latents : 0;
}
