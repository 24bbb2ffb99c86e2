using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>What a step came to.</summary>
internal readonly record struct StepOutcome(long Step, double Loss, double ConceptLoss, double DistillationLoss, double GradientNorm)
{
    /// <summary>As the optimizer judges it; a step that is not was skipped.</summary>
    public bool IsFinite => double.IsFinite(Loss) && double.IsFinite(ConceptLoss) && double.IsFinite(DistillationLoss) && double.IsFinite(GradientNorm);
}

/// <summary>Outcomes of steps that wait on the device, to be read many at once.</summary>
internal sealed class StepHistory : IDisposable
{
    private readonly List<(long Step, Tensor Outcome)> _waiting = [];

    /// <param name="step">The step's number.</param>
    /// <param name="losses">Next-token, concept and distillation loss, <c>[3]</c>.</param>
    /// <param name="norm">The gradient's norm, a scalar.</param>
    public void Add(long step, Tensor losses, Tensor norm) => _waiting.Add((step, cat([losses, norm.to(losses.dtype).view(1)]).DetachFromDisposeScope()));

    /// <summary>The outcomes that were not read yet; waits for the device.</summary>
    public IReadOnlyList<StepOutcome> Read()
    {
        if (_waiting.Count == 0) return [];
        using var scope = NewDisposeScope();
        var numbers = stack([.. _waiting.Select(waiting => waiting.Outcome)]).cpu().data<double>().ToArray();
        var outcomes = _waiting.Select((waiting, i) => new StepOutcome(waiting.Step, numbers[4 * i], numbers[4 * i + 1], numbers[4 * i + 2], numbers[4 * i + 3])).ToList();
        Dispose();
        return outcomes;
    }

    public void Dispose()
    {
        foreach (var (_, outcome) in _waiting) outcome.Dispose();
        _waiting.Clear();
    }
}
