namespace CoCoMix.Training.Tests;

public sealed class TeacherFlopsTests
{
    private const int Length = 16;
    private const double Encoder = 2 * 16 * 64, Head = 2 * 16 * 50;

    private static readonly Card Teacher = Card.Of(typeof(SmallTeacher))!;

    private static double Forward => Teacher.ForwardFlops.At(Length);

    private static double Step => Forward + Teacher.BackwardFlops.At(Length);

    [Fact]
    public void A_model_that_learns_from_text_alone_costs_its_steps_alone()
    {
        using var model = new SmallTeacher();

        Assert.Equal(new(Step, 0, 0), TeacherFlops.CostOf(model, Length, isLabelled: false, 1_000, 1_000));
    }

    [Fact]
    public void Labels_cost_what_the_compiler_counts_and_random_ones_nothing()
    {
        using var student = new SmallStudent();
        var step = student.Card.ForwardFlops.At(Length) + student.Card.BackwardFlops.At(Length);

        Assert.Equal(new(step, student.Card.TeacherFlops.At(Length), null), TeacherFlops.CostOf(student, Length, isLabelled: true, 1_000, null));
        Assert.Equal(new(step, 0, 0), TeacherFlops.CostOf(student, Length, isLabelled: false, 1_000, 100));
    }

    /// <summary>Forward through three blocks and the head, back through the head and the block above the tapped one for activations alone, and the SAE's encoder; the rest is small.</summary>
    [Fact]
    public void The_compilers_count_of_labels_is_that_of_a_hand()
    {
        using var student = new SmallStudent();

        Assert.InRange(student.Card.TeacherFlops.At(Length) / (Forward + Head + (Teacher.BackwardFlops.At(Length) - 2 * Head) / 2 / 3 + Encoder), 0.9, 1.3);
    }

    [Fact]
    public void A_teacher_that_steps_run_is_in_their_cost()
    {
        using var student = new Distilled();
        var step = student.Card.ForwardFlops.At(Length) + student.Card.BackwardFlops.At(Length);

        Assert.Equal(new(step + student.Card.TeacherFlops.At(Length), 0, 1_000 * Step), TeacherFlops.CostOf(student, Length, isLabelled: false, 1_000, 100));
        Assert.InRange(student.Card.TeacherFlops.At(Length) / Forward, 0.9, 1.3);
    }

    [Fact]
    public void The_teacher_and_its_SAE_are_trained_once()
    {
        using var student = new SmallStudent();

        // An SAE's hidden state takes the teacher's first two of three blocks.
        Assert.Equal(1_000 * Step + 100 * ((Forward - Head) * 2 / 3 + 2 * Encoder), TeacherFlops.CostOf(student, Length, isLabelled: true, 1_000, 100).Teacher!.Value, 6);
    }
}

[LanguageModel(Vocabulary = 50, Context = 16, Width = 12)]
[Blocks<SmallBlock>(2)]
[Distill<SmallTeacher>]
public sealed partial class Distilled : LanguageModel;
