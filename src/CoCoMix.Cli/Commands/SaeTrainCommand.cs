using System.CommandLine;
using System.Diagnostics;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Commands;

/// <summary><c>cocomix sae train</c>: trains a sparse autoencoder in a run folder, or continues there.</summary>
internal static class SaeTrainCommand
{
    public static Command Create() => new SettingsCommand<SaeTrainSettings>(
        "train", "Trains a sparse autoencoder on a teacher's hidden states. Ctrl-C and SIGTERM save and end; --resume continues bit for bit.", Run);

    private static int Run(SaeTrainSettings settings, CancellationToken stop)
    {
        var device = Devices.Use(settings);
        torch.manual_seed((long)settings.Seed);
        using var sae = DeclaredModels.CreateSparseAutoencoder(settings.Sae, settings.Assembly);
        sae.to(device);
        using var tokens = new TokenFile(settings.Tokens);
        var states = SaeFiles.States(settings, sae, tokens, device, settings.Batch, stop);
        var windows = WindowOrder.Shuffled(tokens.Count, states.Length, settings.Seed);

        var warnings = new Callback<string>(Console.Error.WriteLine);
        using var run = settings.Resume is null ? RunFolder.Create(settings.Folder, warnings) : RunFolder.Resume(settings.Folder, warnings);
        var checkpoints = new CheckpointFolder(run.Checkpoints) { KeepLast = settings.Checkpoints.KeepLast, KeepEvery = settings.Checkpoints.KeepEvery };
        var clock = new Stopwatch();
        var first = 0L;
        SaeTraining training = null!;
        using (training = new(sae, Options(settings), states, windows)
        {
            CheckpointEvery = settings.Checkpoints.Every,
            Checkpoint = () =>
            {
                run.Restore();
                checkpoints.Save(training.Step, training.Save);
            },
            Progress = new Callback<SaeTrainingStep>(step =>
            {
                var perSecond = (step.HiddenStates - first) / clock.Elapsed.TotalSeconds;
                Console.WriteLine(Describe(step, settings.Steps, perSecond));
                run.Append(step.Step, step);
            }),
            Warnings = warnings,
        })
        {
            checkpoints.Clean();
            checkpoints.LoadLatest(training.Load, warnings);
            run.Begin(SettingsYaml.Write(settings with { Out = settings.Folder, Resume = null }), training.Step);
            first = training.Step * settings.Rows;
            Console.WriteLine(FormattableString.Invariant($"{sae.GetName()}: {sae.Latents:N0} latents of {sae.Inputs:N0} inputs, {settings.Rows:N0} hidden states a step, {settings.Steps:N0} steps.")
                + (training.Step > 0 ? FormattableString.Invariant($" It goes on after step {training.Step:N0}.") : ""));
            clock.Start();
            Train(training, run, checkpoints, stop);
        }
        Console.WriteLine($"Done: {checkpoints.All[0].Path}");
        return 0;
    }

    private static void Train(SaeTraining training, RunFolder run, CheckpointFolder checkpoints, CancellationToken stop)
    {
        try
        {
            training.Run(stop);
        }
        catch (OperationCanceledException)
        {
            Console.WriteLine($"Stopped after step {training.Step:N0}, which is saved. Continue with: cocomix sae train --resume {run.Path}");
            throw;
        }
        catch (DivergedException error)
        {
            throw new InvalidDataException(error.Message + (checkpoints.All is [var good, ..]
                ? $" The last checkpoint is {good.Path}: begin another run with a lower learning rate."
                : " There was no checkpoint before: begin anew with a lower learning rate."));
        }
    }

    private static SaeTrainingOptions Options(SaeTrainSettings settings) => new(settings.Steps, settings.Rows)
    {
        LearningRate = settings.Optimizer.LearningRate, Betas = (settings.Optimizer.Beta1, settings.Optimizer.Beta2), Epsilon = settings.Optimizer.Epsilon,
        DeadAfter = settings.DeadAfter, Pool = settings.Pool, Seed = settings.Seed,
    };

    private static string Describe(SaeTrainingStep step, int steps, double perSecond) => FormattableString.Invariant(
        $"step {step.Step:N0}/{steps:N0}  loss {step.Loss:F4}  L0 {step.L0:F1}  dead {step.Dead:N0}  norm {step.GradientNorm:F3}  rate {step.LearningRate:G4}  {perSecond:N0} hidden states/s")
        + (step.Skipped > 0 ? $"  {step.Skipped} skipped" : "");
}
