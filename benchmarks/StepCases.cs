using CoCoMix.Models;
using CoCoMix.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Benchmarks;

/// <summary>What one contender does again and again.</summary>
/// <param name="Run">One step.</param>
/// <param name="Parameters">Trained parameters, each with a gradient and two moments.</param>
/// <param name="Frozen">Parameters of what is not trained: a teacher, an SAE.</param>
/// <param name="Flops">Useful FLOPs of a step, by the model's card; 0 where it has none.</param>
internal sealed record Contender(Action Run, long Parameters, long Frozen, double Flops);

/// <summary>One thing that is timed, eager and generated.</summary>
/// <param name="Tokens">Tokens, or rows, of a step.</param>
/// <param name="Steps">Timed steps in one process.</param>
/// <param name="Eager">As the reference is written, or with libtorch's fused attention and GELU.</param>
/// <param name="Goal">How many times as fast as eager it is meant to be; 0 where none was set.</param>
internal sealed record StepCase(string Name, int Tokens, int Steps, double Goal, Func<Contender> Generated, Func<bool, Contender>? Eager = null)
{
    public static IReadOnlyList<StepCase> All { get; } =
    [
        Cocomix69M(512), Cocomix69M(1024),
        WithLabels69M(512), WithLabels69M(1024),
        new("ntp-69m-1024", 1024, 2, 1.4, () => Train(Declarations.Model<NextToken69M>(), 1, 1024), fused => Train(new EagerReference(50_257, 1_024, 624, 8, 8, fused: fused), 1, 1024)),
        new("study-ntp", 1024, 40, 2, () => Train(Declarations.Model<StudyNextToken>(), 8, 128), fused => Train(new EagerReference(1_024, 128, 96, 4, 3, fused: fused), 8, 128)),
        new("study-cocomix", 1024, 40, 2, () => Train(Declarations.Model<StudyCoCoMix>(), 8, 128), fused => Train(new EagerReference(1_024, 128, 96, 4, 3, 1_024, 16, 1, fused), 8, 128)),
        new("study-labels", 1024, 40, 2, () => Label(Declarations.Model<StudyCoCoMix>(), Declarations.Model<TinyTeacher>(), Declarations.Sae<TinySae>(), 8, 128),
            fused => Label(new EagerReference(1_024, 128, 160, 4, 5, fused: fused), new EagerAutoencoder(160, 1_024, 16), afterBlock: 1, 8, 128)),
        new("small-ntp", 16, 400, 3, () => Train(Declarations.Model<SmallNextToken>(), 1, 16), fused => Train(new EagerReference(256, 16, 64, 2, 2, fused: fused), 1, 16)),
        Gated<Gated69M>("gated-69m-512", 1, 512, 2), Gated<StudyGated>("study-gated", 8, 128, 40),
        new("sae-32768", 1024, 3, 3, () => Train(Declarations.Sae<Gpt2Sae>(), 1024), _ => Train(new EagerAutoencoder(768, 32_768, 32), 1024)),
        new("generate-69m-256", 16, 1, 5, () => Generate(cached: true), _ => Generate(cached: false)),
        .. new[] { 256, 512, 1024, 2048 }.Select(length => new StepCase($"length-{length}", length, 2, 0, () => Train(Declarations.Model<LongCoCoMix69M>(), 1, length))),
    ];

    private static StepCase Cocomix69M(int length) => new($"cocomix-69m-{length}", length, 2, 2.5,
        () => Train(Declarations.Model<CoCoMix69M>(), 1, length), fused => Train(new EagerReference(50_257, 1_024, 512, 8, 8, 32_768, 32, 3, fused), 1, length));

    /// <summary>The reference is another architecture: what is eager here is the declared model's own way forth, under autograd.</summary>
    private static StepCase Gated<T>(string name, int batch, int length, int steps) where T : LanguageModel, new() => new(name, batch * length, steps, 0,
        () => Train(Declarations.Model<T>(), batch, length),
        _ =>
        {
            var model = new T();
            var (ids, _) = Batch(batch, length, model.Card.Vocabulary, 0, 0);
            return Train(model, () => model.loss(ids).Total());
        });

    private static StepCase WithLabels69M(int length) => new($"cocomix-69m-{length}-labels", length, 2, 2.5,
        () => Joined(Label(Declarations.Model<CoCoMix69M>(), Declarations.Model<Gpt2>(), Declarations.Sae<Gpt2Sae>(), 1, length), Train(Declarations.Model<CoCoMix69M>(), 1, length)),
        fused => Joined(Label(new EagerReference(50_257, 1_024, 768, 12, 12, fused: fused), new EagerAutoencoder(768, 32_768, 32), 5, 1, length),
            Train(new EagerReference(50_257, 1_024, 512, 8, 8, 32_768, 32, 3, fused), 1, length)));

    /// <summary>The last 16 of 256 tokens: from a cache, the reading of the first 240 included, or the whole read again for each.</summary>
    private static Contender Generate(bool cached)
    {
        var model = Declarations.Model<CoCoMix69M>();
        var ids = randint(0, model.Card.Vocabulary, [1, 256], int64);
        return new(Step, 0, model.Card.Parameters, 0);

        void Step()
        {
            using var _ = no_grad();
            using var cache = model.cache();
            if (cached) model.decode(ids.narrow(1, 0, 240), cache);
            for (var t = 240; t < 256; t++)
            {
                using var scope = NewDisposeScope();
                if (cached) model.decode(ids.narrow(1, t, 1), cache);
                else model.forward(ids.narrow(1, 0, t + 1));
            }
        }
    }

    private static Contender Joined(Contender labels, Contender training) => new(
        () => { labels.Run(); training.Run(); }, training.Parameters, labels.Frozen, 0);

    private static Contender Train(LanguageModel model, int batch, int length)
    {
        var (ids, labels) = Batch(batch, length, model.Card.Vocabulary, model.Card.Labels, model.Card.Concepts);
        AdamW? optimizer = null;
        return new(Step, model.Card.Parameters, 0, batch * length * (model.Card.ForwardFlops.At(length) + model.Card.BackwardFlops.At(length)));

        void Step()
        {
            model.forward_backward(ids, labels);
            optimizer ??= new(model.weights(), model.Gradients!);
            optimizer.Step(1e-4);
        }
    }

    private static Contender Train(EagerReference model, int batch, int length)
    {
        var (ids, labels) = Batch(batch, length, model.Vocabulary, model.Concepts > 0 ? 4 : 0, model.Concepts);
        return Train(model, () => model.Loss(ids, labels));
    }

    private static Contender Train(nn.Module model, Func<Tensor> loss)
    {
        var parameters = model.parameters().ToArray();
        var optimizer = optim.AdamW(parameters, 1e-4, 0.9, 0.95, 1e-8, 0.1);
        return new(Step, parameters.Sum(parameter => parameter.numel()), 0, 0);

        void Step()
        {
            optimizer.zero_grad();
            loss().backward();
            nn.utils.clip_grad_norm_(parameters, 1);
            optimizer.step();
        }
    }

    private static Contender Label(LanguageModel student, LanguageModel teacher, SparseAutoencoder sae, int batch, int length)
    {
        var (ids, _) = Batch(batch, length, teacher.Card.Vocabulary, 0, 0);
        var frozen = teacher.Card.Parameters + sae.weights().Sum(weight => weight.numel());
        return new(() => student.label(ids, teacher, sae), 0, frozen, 0);
    }

    private static Contender Label(EagerReference teacher, EagerAutoencoder sae, int afterBlock, int batch, int length)
    {
        var (ids, _) = Batch(batch, length, teacher.Vocabulary, 0, 0);
        foreach (var parameter in teacher.parameters().Concat(sae.parameters())) parameter.requires_grad_(false);
        return new(() => EagerAutoencoder.Labels(teacher, sae, ids, afterBlock, 4), 0, teacher.parameters().Concat(sae.parameters()).Sum(parameter => parameter.numel()), 0);
    }

    private static Contender Train(SparseAutoencoder sae, int rows)
    {
        var x = randn(rows, sae.Inputs);
        AdamW? optimizer = null;
        return new(Step, sae.weights().Sum(weight => weight.numel()), 0, 0);

        void Step()
        {
            sae.forward_backward(x);
            optimizer ??= new(sae.weights(), sae.Gradients!) { Betas = (0.9, 0.999), Epsilon = 6.25e-10, WeightDecay = 0 };
            optimizer.Step(1e-4);
        }
    }

    private static Contender Train(EagerAutoencoder sae, int rows)
    {
        var x = randn(rows, sae.Directions.shape[0]);
        return Train(sae, () => sae.call(x));
    }

    private static (Tensor Ids, Tensor? Labels) Batch(int batch, int length, long vocabulary, int labels, long concepts) =>
        (randint(0, vocabulary, [batch, length], int64), labels == 0 ? null : randint(0, concepts, [batch, length, labels], int64));
}
