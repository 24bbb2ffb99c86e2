using System.CommandLine;
using System.Text.Json;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using Spectre.Console;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix sae eval</c>: how good a sparse autoencoder is.</summary>
internal static class SaeEvalCommand
{
    private static readonly JsonSerializerOptions Format = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    public static Command Create() => new SettingsCommand<SaeEvalSettings>(
        "eval", "Measures a sparse autoencoder: reconstruction, sparsity, and what its teacher's predictions lose.", Run);

    private static int Run(SaeEvalSettings settings, CancellationToken stop)
    {
        var device = Devices.Use(settings);
        using var sae = TeacherFiles.Sae(DeclaredModels.CreateSparseAutoencoder(settings.Sae, settings.Assembly), settings.Weights, device);
        using var tokens = new TokenFile(settings.Tokens);
        var states = SaeFiles.States(settings, sae, tokens, device, settings.Batch, stop);
        var windows = WindowOrder.Spread(tokens.Count, states.Length, settings.Windows);
        var evaluation = Stage.Run("Measuring", report => SaeEvaluation.Measure(
            sae, states, windows, settings.Batch, new Callback<int>(done => report((double)done / windows.Length, "")), stop));
        if (settings.Json is { } path) AtomicFile.Write(path, stream => JsonSerializer.Serialize(stream, evaluation, Format));
        var grid = new Grid().AddColumns(2);
        foreach (var (what, value) in Lines(evaluation)) grid.AddRow(Markup.Escape(what), Markup.Escape(value));
        AnsiConsole.Write(grid);
        return 0;
    }

    private static IEnumerable<(string What, string Value)> Lines(SaeEvaluation evaluation)
    {
        var (r, l) = (evaluation.Reconstruction, evaluation.Losses);
        return
        [
            ("Hidden states", Text($"{evaluation.Positions:N0}")),
            ("L0", Text($"{r.L0:F2}")),
            ("L1", Text($"{r.L1:F2}")),
            ("Mean squared error", Text($"{r.MeanSquaredError:G5}")),
            ("Explained variance", Percent(r.ExplainedVariance)),
            ("Cosine", Text($"{r.Cosine:F4}")),
            ("L2 ratio", Text($"{r.L2Ratio:F4}")),
            ("Relative reconstruction bias", Text($"{r.RelativeBias:F4}")),
            ("Alive latents", Percent(r.AliveFraction)),
            ("Dead latents", Percent(r.DeadFraction)),
            .. r.Densities.Select(bin => (Text($"  active in {bin.Above:G2} to {bin.AtMost:G2} of positions"), Text($"{bin.Latents:N0}"))),
            ("Cross-entropy of the teacher", Text($"{l.Teacher:F4} nats")),
            ("  with the reconstruction", Text($"{l.Spliced:F4} nats")),
            ("  with zeros", Text($"{l.ZeroAblated:F4} nats")),
            ("  with the mean", Text($"{l.MeanAblated:F4} nats")),
            ("Cross-entropy recovered", Text($"{Percent(l.Recovered)} from zeros, {Percent(l.RecoveredFromMean)} from the mean")),
            ("KL divergence", Text($"{l.SplicedDivergence:F4} nats with the reconstruction, {l.ZeroAblatedDivergence:F4} with zeros")),
            ("KL score", Percent(l.DivergenceScore)),
        ];
    }

    private static string Percent(double share) => Text($"{100 * share:F2} %");

    private static string Text(FormattableString text) => FormattableString.Invariant(text);
}
