using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace CoCoMix.Training;

/// <summary>
/// Everything that a run's next step depends on: weights, moments, step, place in the data. Random numbers of a step follow from its number
/// and the seed. Saved and loaded, a run goes on bit for bit.
/// </summary>
public sealed class TrainingState : IDisposable
{
    private const string Format = "cocomix training 1";

    private readonly string _identity;

    /// <summary>The state of a run that has not begun.</summary>
    /// <param name="model">Trained in place; on its device.</param>
    /// <param name="options">The optimizer's settings.</param>
    /// <param name="windows">The data.</param>
    /// <param name="identity">What a continued run must have in common with this one, in words: its data, seed and labels.</param>
    public TrainingState(LanguageModel model, PretrainingOptions options, WindowStream windows, string identity = "")
    {
        (Model, Windows, _identity) = (model, windows, identity);
        Optimizer = new(model.weights(), model.Gradients)
        {
            Betas = options.Betas, Epsilon = options.Epsilon, WeightDecay = options.WeightDecay, Clip = options.Clip,
        };
    }

    /// <summary>The model that is trained.</summary>
    public LanguageModel Model { get; }

    /// <summary>Its optimizer.</summary>
    public AdamW Optimizer { get; }

    /// <summary>Its data.</summary>
    public WindowStream Windows { get; }

    /// <summary>Steps done.</summary>
    public long Step { get; internal set; }

    /// <summary>Training time so far, evaluations, samples and checkpoints left out. Not saved: equal runs have equal checkpoints.</summary>
    public double Seconds { get; internal set; }

    /// <summary>Steps that were skipped because their loss or gradient was not finite.</summary>
    public long Skipped { get; internal set; }

    /// <summary>How many of the last steps were skipped.</summary>
    public long SkippedInARow { get; internal set; }

    internal OutlierWindow Losses { get; } = new();

    internal OutlierWindow Norms { get; } = new();

    /// <summary>
    /// Writes the state to a safetensors file, whole or not at all: weights under their names, the rest under <c>training.</c> and in the
    /// header, with a hash of it all.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written; one that was there is as before.</exception>
    public void Save(string path)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(Model.state_dict());
        foreach (var (name, tensor) in Own()) tensors.Add(name, tensor);
        var metadata = new Dictionary<string, string>
        {
            ["format"] = Format,
            ["model"] = Model.GetName(),
            ["identity"] = _identity,
            ["step"] = Text(Step),
            ["epoch"] = Text(Windows.Cursor.Epoch),
            ["index"] = Text(Windows.Cursor.Index),
            ["skipped"] = Text(Skipped),
            ["skipped_in_a_row"] = Text(SkippedInARow),
        };
        SealedFile.Save(path, tensors, metadata);
    }

    /// <summary>Takes on a saved state. When this throws, nothing has changed.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint of a run of this model, or is damaged.</exception>
    /// <exception cref="ArgumentException">The file is of a run with other data, another seed or other labels.</exception>
    public void Load(string path)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var metadata = Safetensors.LoadMetadata(path);
        if (!metadata.TryGetValue("format", out var format) || format != Format)
            throw new InvalidDataException($"'{path}' is not a checkpoint of a training run that this version can continue ('{Format}').");
        var tensors = SealedFile.Load(scope, path, metadata);
        if (metadata["identity"] != _identity)
            throw new ArgumentException($"'{path}' is of a run with {metadata["identity"]}; this run has {_identity}: a run goes on with what it began with.");
        foreach (var (name, tensor) in Own())
            if (!tensors.TryGetValue(name, out var saved) || saved.dtype != tensor.dtype || name.StartsWith(MomentsPrefix, StringComparison.Ordinal) && saved.numel() != tensor.numel())
                throw new InvalidDataException($"'{path}' does not fit {Model.GetName()}: {name} is {(saved is null ? "missing" : $"[{string.Join(", ", saved.shape)}] of {saved.dtype}")}.");

        WeightNames.Own.Load(Model, tensors, path);
        Optimizer.Means.copy_(tensors[MomentsPrefix + "means"]);
        Optimizer.Squares.copy_(tensors[MomentsPrefix + "squares"]);
        Optimizer.Steps.copy_(tensors[MomentsPrefix + "steps"]);
        Losses.Values = tensors["training.losses"].data<double>().ToArray();
        Norms.Values = tensors["training.norms"].data<double>().ToArray();
        Step = long.Parse(metadata["step"], CultureInfo.InvariantCulture);
        Windows.Cursor = new(long.Parse(metadata["epoch"], CultureInfo.InvariantCulture), int.Parse(metadata["index"], CultureInfo.InvariantCulture));
        Skipped = long.Parse(metadata["skipped"], CultureInfo.InvariantCulture);
        SkippedInARow = long.Parse(metadata["skipped_in_a_row"], CultureInfo.InvariantCulture);
    }

    /// <summary>Frees the moments; the model is the caller's.</summary>
    public void Dispose() => Optimizer.Dispose();

    private const string MomentsPrefix = Checkpoint.TrainingPrefix + "adamw.";

    /// <summary>The tensors besides the weights.</summary>
    private IEnumerable<(string Name, Tensor Tensor)> Own() =>
    [
        (MomentsPrefix + "means", Optimizer.Means),
        (MomentsPrefix + "squares", Optimizer.Squares),
        (MomentsPrefix + "steps", Optimizer.Steps),
        ("training.losses", tensor(Losses.Values.ToArray())),
        ("training.norms", tensor(Norms.Values.ToArray())),
    ];

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
