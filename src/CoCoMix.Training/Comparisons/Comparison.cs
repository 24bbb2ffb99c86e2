namespace CoCoMix.Training;

/// <summary>Mean perplexity of a variant's runs after so many tokens.</summary>
public sealed record MeanEvaluation(long Tokens, Estimate Perplexity);

/// <summary>Differences to the baseline after so many tokens.</summary>
public sealed record DifferenceAt(long Tokens, PairedDifference Difference);

/// <summary>A cost of a variant over that of the baseline, mean over seeds.</summary>
/// <param name="Student">The student alone; null where times were not measured.</param>
/// <param name="WithLabels">With the extraction of labels; null where it is not known.</param>
/// <param name="WithTeacher">With labels, and the teacher and its SAEs trained for one run; null where that is not known.</param>
public sealed record CostRatio(Estimate? Student, Estimate? WithLabels, Estimate? WithTeacher);

/// <summary>What a variant takes to the baseline's final perplexity, seed by seed, over what the baseline took.</summary>
/// <param name="Reached">Seeds whose run got there.</param>
/// <param name="Of">Seeds in common with the baseline.</param>
/// <param name="Tokens">Tokens to there; null unless all got there, as are the others.</param>
/// <param name="Saved">Share of the baseline's tokens that were not needed.</param>
/// <param name="Seconds">Time.</param>
/// <param name="Flops">FLOPs.</param>
public sealed record EqualPerplexity(int Reached, int Of, Estimate? Tokens, Estimate? Saved, CostRatio? Seconds, CostRatio? Flops);

/// <summary>A variant among the others.</summary>
/// <param name="Result">Its runs and costs.</param>
/// <param name="Curve">Mean perplexity at each evaluation that all its runs have.</param>
public sealed record ComparedVariant(VariantResult Result, IReadOnlyList<MeanEvaluation> Curve)
{
    /// <summary>Differences to the baseline at each evaluation that both have, over the seeds that both have; empty for the baseline.</summary>
    public IReadOnlyList<DifferenceAt> Differences { get; init; } = [];

    /// <summary>The difference between the ends of the runs, even where they are not of one length; null for the baseline, and without common seeds.</summary>
    public PairedDifference? End { get; init; }

    /// <summary>What it takes to the baseline's perplexity; null for the baseline, and without common seeds.</summary>
    public EqualPerplexity? Equal { get; init; }
}

/// <summary>Variants trained on the same tokens in the same order, over several seeds.</summary>
/// <param name="Baseline">The variant that the others are compared with.</param>
/// <param name="Variants">All of them, the baseline among them.</param>
public sealed record Comparison(string Baseline, IReadOnlyList<ComparedVariant> Variants)
{
    /// <summary>Compares what was measured.</summary>
    /// <param name="results">One a variant.</param>
    /// <param name="baseline">The name of one of them.</param>
    public static Comparison Of(IReadOnlyList<VariantResult> results, string baseline)
    {
        var compared = results.Single(result => result.Name == baseline);
        return new(baseline, [.. results.Select(result => new ComparedVariant(result, Means(result)) is var variant && result == compared ? variant : Against(compared, variant))]);
    }

    private static MeanEvaluation[] Means(VariantResult result) =>
    [
        .. from point in result.Runs[0].Curve.Points
           let values = result.Runs.Select(run => run.Curve.At(point.Tokens)).OfType<double>().ToList()
           where values.Count == result.Runs.Count
           select new MeanEvaluation(point.Tokens, Estimate.Of(values)),
    ];

    private static ComparedVariant Against(VariantResult baseline, ComparedVariant variant)
    {
        var pairs = variant.Result.Runs.Join(baseline.Runs, run => run.Seed, run => run.Seed, (ours, theirs) => (Ours: ours.Curve, Theirs: theirs.Curve)).ToList();
        if (pairs.Count == 0) return variant;
        return variant with
        {
            Differences =
            [
                .. from point in pairs[0].Ours.Points
                   let differences = pairs.Select(pair => Math.Log(pair.Ours.At(point.Tokens) / pair.Theirs.At(point.Tokens) ?? double.NaN)).ToList()
                   where !differences.Any(double.IsNaN)
                   select new DifferenceAt(point.Tokens, PairedDifference.Of(differences)),
            ],
            End = PairedDifference.Of([.. pairs.Select(pair => Math.Log(pair.Ours.End.Perplexity / pair.Theirs.End.Perplexity))]),
            Equal = Equal(variant.Result, baseline, pairs),
        };
    }

    private static EqualPerplexity Equal(VariantResult variant, VariantResult baseline, IReadOnlyList<(LearningCurve Ours, LearningCurve Theirs)> pairs)
    {
        var reached = pairs.Select(pair => (Ours: pair.Ours.TokensTo(pair.Theirs.End.Perplexity), Theirs: pair.Theirs.End.Tokens)).Where(pair => pair.Ours is not null)
            .Select(pair => (Ours: pair.Ours!.Value, Theirs: (double)pair.Theirs)).ToList();
        if (reached.Count < pairs.Count) return new(reached.Count, pairs.Count, null, null, null, null);
        return new(reached.Count, pairs.Count,
            Estimate.Of([.. reached.Select(tokens => tokens.Ours)]), Estimate.Of([.. reached.Select(tokens => 1 - tokens.Ours / tokens.Theirs)]),
            Ratio(variant.Seconds, baseline.Seconds), Ratio(variant.Flops, baseline.Flops));

        CostRatio? Ratio(VariantCost? ours, VariantCost? theirs)
        {
            if (ours is null || theirs is null) return null;
            return new(Mean((cost, tokens) => cost.Alone(tokens)), Mean((cost, tokens) => cost.WithLabels(tokens)), Mean((cost, tokens) => cost.WithTeacher(tokens)));

            Estimate? Mean(Func<VariantCost, double, double?> cost)
            {
                var ratios = reached.Select(tokens => cost(ours, tokens.Ours) / cost(theirs, tokens.Theirs)).ToList();
                return ratios.Contains(null) ? null : Estimate.Of([.. ratios.OfType<double>()]);
            }
        }
    }
}
