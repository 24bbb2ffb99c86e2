using System.Globalization;

namespace CoCoMix.Training;

/// <summary>
/// A TensorBoard event file: scalars and text by step, which <c>tensorboard --logdir</c> shows while the run goes on. Each event reaches the
/// operating system before its method returns. A run that is continued writes a new file into the same folder.
/// </summary>
public sealed class TensorBoardEvents : IDisposable
{
    private readonly FileStream _stream;

    /// <summary>Creates a file of its own in a folder, which is created where needed.</summary>
    /// <param name="folder">A folder for each run; TensorBoard shows its name.</param>
    /// <param name="fromStep">The first step that will be written. What earlier files of the folder say of this step and later ones is then not
    /// shown: a run that was killed had gone further than the checkpoint it is continued from.</param>
    /// <exception cref="IOException">The folder or the file cannot be made.</exception>
    public TensorBoardEvents(string folder, long fromStep = 0)
    {
        Directory.CreateDirectory(folder);
        _stream = Create(folder);
        Write(Event().Text(3, "brain.Event:2"));
        // A session log that says START tells TensorBoard to forget what it knows from this step on.
        if (fromStep > 0) Write(Event(fromStep).Message(7, new ProtobufMessage().Integer(1, 1)));
    }

    /// <summary>The file's path.</summary>
    public string Path => _stream.Name;

    /// <summary>Writes what a moment of a run has: <c>train/loss</c>, <c>validation/perplexity</c> and so on.</summary>
    public void Moment(PretrainingStep moment)
    {
        (string Tag, double? Value)[] scalars =
        [
            ("train/loss", moment.Loss), ("train/concept_loss", moment.ConceptLoss), ("train/distillation_loss", moment.DistillationLoss), ("train/gradient_norm", moment.GradientNorm),
            ("train/learning_rate", moment.LearningRate), ("train/skipped", moment.Skipped),
            ("machine/tokens_per_second", moment.TokensPerSecond), ("machine/memory", moment.Memory),
            ("validation/perplexity", moment.Perplexity), ("validation/concept_recall", moment.ConceptRecall),
        ];
        foreach (var (tag, value) in scalars)
            if (value is { } number) Scalar(tag, moment.Step, number);
        if (moment.Sample is { } sample) Text("sample", moment.Step, sample);
    }

    /// <summary>Writes a number, which TensorBoard keeps in single precision.</summary>
    /// <param name="tag">What it is; tags with the same part before a <c>/</c> stand together.</param>
    /// <param name="step">Steps done.</param>
    /// <param name="value">May be NaN or infinite.</param>
    public void Scalar(string tag, long step, double value) => Summary(step, new ProtobufMessage().Text(1, tag).Float(2, (float)value));

    /// <summary>Writes a text, which TensorBoard reads as Markdown.</summary>
    /// <param name="tag">What it is.</param>
    /// <param name="step">Steps done.</param>
    /// <param name="text">The text.</param>
    public void Text(string tag, long step, string text)
    {
        const int dtString = 7;
        var shape = new ProtobufMessage().Message(2, new ProtobufMessage().Integer(1, 1));
        var tensor = new ProtobufMessage().Integer(1, dtString).Message(2, shape).Text(8, text);
        var metadata = new ProtobufMessage().Message(1, new ProtobufMessage().Text(1, "text"));
        Summary(step, new ProtobufMessage().Text(1, tag).Message(8, tensor).Message(9, metadata));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    /// <summary>TensorBoard reads files that have "tfevents" in their names, in the order of the names; so the time comes first.</summary>
    private static FileStream Create(string folder)
    {
        var seconds = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        for (var number = 0; ; number++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{seconds:D10}.{Environment.MachineName}.{Environment.ProcessId}.{number}");
            var path = System.IO.Path.Combine(folder, name);
            if (!File.Exists(path)) return new(path, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
    }

    private static ProtobufMessage Event(long step = 0) =>
        new ProtobufMessage().Double(1, (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds).Integer(2, step);

    private void Summary(long step, ProtobufMessage value) => Write(Event(step).Message(5, new ProtobufMessage().Message(1, value)));

    private void Write(ProtobufMessage message) => _stream.Write(TfRecord.Frame(message.Bytes));
}
