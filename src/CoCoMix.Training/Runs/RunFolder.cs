using System.Text;

namespace CoCoMix.Training;

/// <summary>
/// The folder of a training run: <c>config.yaml</c>, <c>metrics.jsonl</c>, the same for TensorBoard in <c>tensorboard/</c>, <c>report.html</c>,
/// <c>checkpoints/</c>, and <c>lock</c>, which a process holds as long as it trains here. Reports that cannot be written cost no more than themselves.
/// </summary>
public sealed class RunFolder : IProgress<PretrainingStep>, IDisposable
{
    /// <summary>The file with the settings of a run.</summary>
    public const string ConfigName = "config.yaml";

    /// <summary>The file with the measurements of a run.</summary>
    public const string MetricsName = "metrics.jsonl";

    /// <summary>The folder of a run's checkpoints.</summary>
    public const string CheckpointsName = "checkpoints";

    private const string LockName = "lock";

    private readonly IProgress<string>? _warnings;
    private string _config = "";
    private FileStream _lock;
    private MetricsLog _metrics;
    private TensorBoardEvents? _events;
    private long _firstStep = 1;
    private readonly HashSet<string> _failures = [];

    private RunFolder(string path, IProgress<string>? warnings, FileStream @lock)
    {
        (Path, _warnings, _lock) = (path, warnings, @lock);
        _metrics = new(MetricsPath);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The folder of its checkpoints.</summary>
    public string Checkpoints => System.IO.Path.Combine(Path, CheckpointsName);

    /// <summary>Its measurements, of pretraining one <see cref="PretrainingStep"/> a line.</summary>
    public string MetricsPath => System.IO.Path.Combine(Path, MetricsName);

    private string ConfigPath => System.IO.Path.Combine(Path, ConfigName);

    /// <summary>Makes the folder of a new run.</summary>
    /// <param name="path">A folder that holds no run; made where needed.</param>
    /// <param name="warnings">Told what cannot be written.</param>
    /// <exception cref="InvalidDataException">It holds a run already.</exception>
    /// <exception cref="IOException">It cannot be made, or another process is training in it.</exception>
    public static RunFolder Create(string path, IProgress<string>? warnings = null) => Open(path, warnings, isNew: true);

    /// <summary>Opens the folder of a run to continue it.</summary>
    /// <param name="path">The run's folder.</param>
    /// <param name="warnings">Told what cannot be written.</param>
    /// <exception cref="InvalidDataException">It holds no run.</exception>
    /// <exception cref="IOException">Another process is training in it.</exception>
    public static RunFolder Resume(string path, IProgress<string>? warnings = null) => Open(path, warnings, isNew: false);

    /// <summary>Whether a process is training in a folder.</summary>
    public static bool IsInUse(string path)
    {
        var file = System.IO.Path.Combine(path, LockName);
        if (!File.Exists(file)) return false;
        try
        {
            using var _ = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>
    /// Writes the settings with which the run goes on, cuts the measurements of steps that are to be made again, and takes the training time from
    /// those that stay.
    /// </summary>
    /// <param name="config">The settings, YAML.</param>
    /// <param name="state">Where the run goes on.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Begin(string config, TrainingState state)
    {
        Begin(config, state.Step);
        state.Seconds = MetricsLog.Read<PretrainingStep>(MetricsPath).LastOrDefault()?.Seconds ?? 0;
    }

    /// <summary>Writes the settings with which a run goes on, and cuts the measurements of steps that are to be made again.</summary>
    /// <param name="config">The settings, YAML.</param>
    /// <param name="step">Steps done.</param>
    /// <exception cref="IOException">They cannot be written.</exception>
    public void Begin(string config, long step)
    {
        _config = config;
        Write(ConfigPath, config);
        _metrics.CutAfter(step);
        _firstStep = step + 1;
    }

    /// <summary>The last moment before the run goes on, where an evaluation was due and is not among the measurements; else null.</summary>
    /// <param name="state">Where the run goes on.</param>
    /// <param name="options">The run's settings.</param>
    public PretrainingStep? Unevaluated(TrainingState state, PretrainingOptions options) =>
        MetricsLog.Read<PretrainingStep>(MetricsPath).LastOrDefault() is { Perplexity: null } last && last.Step == state.Step
            && (last.Step % options.EvaluateEvery == 0 || last.Step == options.Schedule.Steps) ? last : null;

    /// <summary>Appends to the measurements, and makes the report anew at each evaluation.</summary>
    public void Report(PretrainingStep value)
    {
        Append(value.Step, value);
        Try(value.Step, "TensorBoard's events cannot be written", () => (_events ??= new(System.IO.Path.Combine(Path, "tensorboard"), _firstStep)).Moment(value));
        if (value.Perplexity is not null && File.Exists(MetricsPath)) Try(value.Step, $"{RunReport.FileName} cannot be made", () => RunReport.Save(Path));
    }

    /// <summary>Appends a line to the measurements.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="measurements">Its public properties become the line, <c>step</c> among them.</param>
    public void Append(long step, object measurements) => Try(step, "the measurements cannot be written", () => _metrics.Append(measurements));

    /// <summary>Writes what a run can do without; where that fails, warns the first time.</summary>
    private void Try(long step, string failure, Action write)
    {
        try
        {
            write();
            _failures.Remove(failure);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            if (_failures.Add(failure)) _warnings?.Report($"Step {step}: {failure} ({error.Message.TrimEnd('.')}); training goes on without.");
        }
    }

    /// <summary>Makes the folder again where somebody moved or deleted it while the run was going on.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public void Restore()
    {
        if (File.Exists(ConfigPath)) return;
        _warnings?.Report($"The folder '{Path}' has vanished; it is made again, and the measurements begin anew.");
        _lock.Dispose();
        _lock = Lock(Path);
        Write(ConfigPath, _config);
        var metrics = new MetricsLog(MetricsPath);
        _metrics.Dispose();
        _metrics = metrics;
        _events?.Dispose();
        _events = null;
    }

    /// <summary>Closes the measurements and lets go of the lock.</summary>
    public void Dispose()
    {
        _metrics.Dispose();
        _events?.Dispose();
        _lock.Dispose();
    }

    private static RunFolder Open(string path, IProgress<string>? warnings, bool isNew)
    {
        var configPath = System.IO.Path.Combine(path, ConfigName);
        if (!isNew && !File.Exists(configPath)) throw new InvalidDataException($"There is no run to resume in '{path}': it has no {ConfigName}.");
        var held = Lock(path);
        try
        {
            return !isNew || !File.Exists(configPath)
                ? new(path, warnings, held)
                : throw new InvalidDataException($"There is a run in '{path}' already: resume it, or choose another folder.");
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The operating system lets go of it when the process ends, however it ends.</summary>
    private static FileStream Lock(string path)
    {
        var file = System.IO.Path.Combine(Directory.CreateDirectory(path).FullName, LockName);
        try
        {
            return new(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException error) when (File.Exists(file))
        {
            throw new IOException($"Another process is training in '{path}': let it end, or choose another folder.", error);
        }
    }

    private static void Write(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
}
