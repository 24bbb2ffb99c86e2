using System.Reflection;

namespace CoCoMix;

/// <summary>What a declared model costs, counted by the compiler from the program it generates.</summary>
/// <param name="Name">The declared class.</param>
/// <param name="Parameters">Stored parameters.</param>
/// <param name="ActiveParameters">
/// Parameters that a token's prediction uses: of each compress matrix, K of C rows; none of a concept head that is there for its loss alone (the paper's accounting).
/// </param>
public sealed record Card(string Name, long Parameters, long ActiveParameters)
{
    /// <summary>Token ids run below this.</summary>
    public int Vocabulary { get; init; }

    /// <summary>Longest sequence, in tokens.</summary>
    public int Context { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public int Width { get; init; }

    /// <summary>Number of transformer blocks.</summary>
    public int Blocks { get; init; }

    /// <summary>Concepts that the model predicts, of all its heads; 0 without a concept head.</summary>
    public int Concepts { get; init; }

    /// <summary>Concept labels a position trains on, of all its heads; 0 without labels.</summary>
    public int Labels { get; init; }

    /// <summary>Probability of dropout in training steps.</summary>
    public double Dropout { get; init; }

    /// <summary>FLOPs of the way forth, the student's alone.</summary>
    public PerToken ForwardFlops { get; init; }

    /// <summary>FLOPs of the way back.</summary>
    public PerToken BackwardFlops { get; init; }

    /// <summary>FLOPs of what the model learns from: its teacher's way forth in a step, and making its concept labels, which may be done before.</summary>
    public PerToken TeacherFlops { get; init; }

    /// <summary>Bytes in float32 that wait for the way back.</summary>
    public PerToken ActivationBytes { get; init; }

    /// <summary>What a training step with AdamW holds.</summary>
    /// <param name="sequences">Sequences in a micro-batch, B.</param>
    /// <param name="length">Tokens in a sequence, T.</param>
    /// <param name="bytesPerNumber">Of the type that the step computes in: 4, or 2 for half precision.</param>
    public TrainingMemory TrainingMemory(long sequences, int length, int bytesPerNumber = sizeof(float)) => new(
        Weights: sizeof(float) * Parameters,
        Copies: bytesPerNumber == sizeof(float) ? 0 : bytesPerNumber * Parameters,
        Gradients: sizeof(float) * Parameters,
        Moments: 2 * sizeof(float) * Parameters,
        ActivationsPerSequence: ActivationBytes.At(length) * length * bytesPerNumber / sizeof(float),
        Sequences: sequences);

    /// <summary>The card of a declared model, read without making the model; null for any other type.</summary>
    /// <param name="model">The declared class.</param>
    public static Card? Of(Type model) => model.GetFields(BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.DeclaredOnly)
        .FirstOrDefault(field => field.FieldType == typeof(Card))?.GetValue(null) as Card;
}

/// <summary>An amount per token of a sequence: a fixed part, and a part for each position of the sequence (attention).</summary>
public readonly record struct PerToken(double Fixed, double PerPosition)
{
    /// <summary>The amount per token at a sequence length.</summary>
    public double At(long T) => Fixed + PerPosition * T;
}
