using System.Globalization;

namespace CoCoMix.Training;

/// <summary>The checkpoints of a run: <c>step-00001000.safetensors</c> and so on.</summary>
/// <param name="path">Their folder; made when the first is saved.</param>
public sealed class CheckpointFolder(string path)
{
    private const string Prefix = "step-";
    private const string Extension = ".safetensors";

    /// <summary>How many of the latest are kept; at least 1.</summary>
    public int KeepLast { get; init; } = 2;

    /// <summary>Those of steps that are multiples of this are kept for good; 0 for none.</summary>
    public long KeepEvery { get; init; }

    /// <summary>The checkpoints, latest first.</summary>
    public IReadOnlyList<(long Step, string Path)> All => !Directory.Exists(path) ? [] :
    [
        .. from file in Directory.EnumerateFiles(path, Prefix + "*" + Extension)
           let name = Path.GetFileName(file)
           let number = long.TryParse(name.AsSpan()[Prefix.Length..^Extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : -1
           where number >= 0
           orderby number descending
           select (number, file),
    ];

    /// <summary>Saves the state, then deletes the checkpoints that are no longer to be kept.</summary>
    /// <exception cref="IOException">The state could not be written; the earlier checkpoints are all there.</exception>
    public void Save(TrainingState state)
    {
        state.Save(Path.Combine(path, FormattableString.Invariant($"{Prefix}{state.Step:D8}{Extension}")));
        foreach (var (_, old) in All.Skip(KeepLast).Where(checkpoint => KeepEvery == 0 || checkpoint.Step % KeepEvery != 0)) File.Delete(old);
    }

    /// <summary>Takes on the latest checkpoint that is whole.</summary>
    /// <param name="state">The run's state.</param>
    /// <param name="warnings">Told of those that are damaged.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="InvalidDataException">There are checkpoints, and none of them can be loaded.</exception>
    /// <exception cref="ArgumentException">They are of a run with other data, another seed or other labels.</exception>
    public bool LoadLatest(TrainingState state, IProgress<string>? warnings = null)
    {
        InvalidDataException? first = null;
        foreach (var (_, file) in All)
        {
            try
            {
                state.Load(file);
                return true;
            }
            catch (InvalidDataException error)
            {
                warnings?.Report(error.Message);
                first ??= error;
            }
        }
        return first is null ? false : throw new InvalidDataException($"No checkpoint can be continued from: {first.Message}", first);
    }

    /// <summary>Deletes what a killed process was writing.</summary>
    public void Clean()
    {
        if (!Directory.Exists(path)) return;
        foreach (var file in Directory.EnumerateFiles(path, "*.tmp")) File.Delete(file);
    }
}
