using System.Diagnostics;
using CoCoMix.Models;
using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Benchmarks;

/// <summary>
/// One training step of a declared model, labels given: the generated step with the fused optimizer against the eager forward, autograd
/// and TorchSharp's AdamW. The contenders alternate in one process; medians and quartiles are over the rounds.
/// </summary>
internal static class StepBenchmark
{
    private const int WarmUp = 3;

    public static int Run(IEnumerable<string> names, int batch, int length, int rounds)
    {
        Console.WriteLine($"B = {batch}, T = {length}, {get_num_threads()} threads, {rounds} rounds");
        Console.WriteLine($"{"model",-16} {"eager ms",22} {"generated ms",22} {"ratio",6} {"tokens/s",10}");
        foreach (var name in names)
        {
            var type = typeof(TinyCoCoMix).Assembly.GetTypes().SingleOrDefault(type => type.Name == name && type.IsSubclassOf(typeof(LanguageModel)));
            if (type is null)
            {
                Console.Error.WriteLine($"CoCoMix.Models declares no language model '{name}'.");
                return 1;
            }
            var (eager, generated) = Time(() => (LanguageModel)Activator.CreateInstance(type)!, batch, length, rounds);
            Console.WriteLine($"{name,-16} {Timings.Describe(eager),22} {Timings.Describe(generated),22} {Timings.Median(eager) / Timings.Median(generated),6:F2} {batch * length / Timings.Median(generated) * 1e3,10:N0}");
        }
        return 0;
    }

    private static (double[] Eager, double[] Generated) Time(Func<LanguageModel> create, int batch, int length, int rounds)
    {
        using var scope = NewDisposeScope();
        manual_seed(0);
        using var eagerModel = create();
        using var model = create();
        var ids = randint(0, model.Card.Vocabulary, [batch, length], int64);
        var labels = model.Card.Labels == 0 ? null
            : randint(0, model.ConceptHeads.Min(head => head.Concepts), [batch, length, model.Card.Labels], int64);
        using var eagerOptimizer = optim.AdamW(eagerModel.parameters(), 1e-4, 0.9, 0.95, 1e-8, 0.1);
        AdamW? optimizer = null;
        var (eager, generated) = (new List<double>(), new List<double>());
        for (var round = -WarmUp; round < rounds; round++)
        {
            var eagerTime = Milliseconds(() =>
            {
                eagerOptimizer.zero_grad();
                eagerModel.loss(ids, labels).Total().backward();
                nn.utils.clip_grad_norm_(eagerModel.parameters(), 1);
                eagerOptimizer.step();
            });
            var generatedTime = Milliseconds(() =>
            {
                model.forward_backward(ids, labels);
                optimizer ??= new(model.weights(), model.Gradients!);
                optimizer.Step(1e-4);
            });
            if (round < 0) continue;
            eager.Add(eagerTime);
            generated.Add(generatedTime);
        }
        optimizer!.Dispose();
        return ([.. eager], [.. generated]);
    }

    private static double Milliseconds(Action step)
    {
        var watch = Stopwatch.StartNew();
        using (NewDisposeScope()) step();
        return watch.Elapsed.TotalMilliseconds;
    }
}
