namespace CoCoMix.Training.Tests;

public sealed class TeacherFlopsTests
{
    private const int Length = 16;
    private const double Encoder = 2 * 16 * 64, Head = 2 * 16 * 50;

    private static readonly Card Teacher = Card.Of(typeof(SmallTeacher))!;

    private static double Forward => Teacher.ForwardFlops.At(Length);

    private static double Backward => Teacher.BackwardFlops.At(Length);

    [Fact]
    public void A_model_without_labels_costs_its_steps_alone()
    {
        using var model = new SmallTeacher();
        Assert.Equal(new(Forward + Backward, 0, 0), TeacherFlops.CostOf(model, Length, 1_000, 1_000));
    }

    /// <summary>Forward through three blocks and the head, and backward through the head and the one block above the tapped one, for activations alone.</summary>
    [Fact]
    public void Labels_by_attribution_go_back_to_the_tapped_block()
    {
        using var student = new SmallStudent();

        Assert.Equal(Forward + Head + (Backward - 2 * Head) / 2 / 3 + Encoder, TeacherFlops.CostOf(student, Length, null, null).Labels!.Value, 6);
    }

    [Fact]
    public void Each_block_more_between_the_head_and_the_tap_costs_as_much_more()
    {
        using var near = new SmallStudent();
        using var far = new OtherBlockStudent();

        Assert.Equal((Backward - 2 * Head) / 2 / 3, (TeacherFlops.CostOf(far, Length, null, null).Labels - TeacherFlops.CostOf(near, Length, null, null).Labels)!.Value, 6);
    }

    /// <summary>One head takes the largest latents after block 0, the other attributes after block 1.</summary>
    [Fact]
    public void Two_heads_share_the_teachers_passes()
    {
        using var one = new SmallStudent();
        using var two = new TwoHeadStudent();

        Assert.Equal(2.0 * 16 * 70_000, (TeacherFlops.CostOf(two, Length, null, null).Labels - TeacherFlops.CostOf(one, Length, null, null).Labels)!.Value, 6);
    }

    [Fact]
    public void The_teacher_and_its_SAE_are_trained_once()
    {
        using var student = new SmallStudent();

        // An SAE's hidden state takes the teacher's first two of three blocks.
        Assert.Equal(1_000 * (Forward + Backward) + 100 * ((Forward - Head) * 2 / 3 + 2 * Encoder), TeacherFlops.CostOf(student, Length, 1_000, 100).Teacher!.Value, 6);
        Assert.Null(TeacherFlops.CostOf(student, Length, 1_000, null).Teacher);
    }
}
