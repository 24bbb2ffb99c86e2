using System.Globalization;
using System.Text.Json;

namespace CoCoMix.Training;

/// <summary>
/// What a run's metrics say of each step, by name. A run that was killed and continued has measured some steps twice: the
/// continuation counts.
/// </summary>
internal sealed class RunMetrics
{
    private readonly List<(long Step, Dictionary<string, double> Numbers, Dictionary<string, string> Texts)> _moments = [];

    /// <summary>Reads a file that <see cref="MetricsLog"/> writes, also while it does. Lines without a step, and values that are neither numbers nor text, are left out.</summary>
    /// <exception cref="InvalidDataException">A line is not a JSON object.</exception>
    public RunMetrics(string path)
    {
        foreach (var line in MetricsLog.Read<Dictionary<string, JsonElement>>(path))
        {
            var (numbers, texts) = (new Dictionary<string, double>(), new Dictionary<string, string>());
            foreach (var (name, value) in line)
                if (Number(value) is { } number) numbers[name] = number;
                else if (value.ValueKind == JsonValueKind.String) texts[name] = value.GetString()!;
            if (numbers.Remove("step", out var step)) Add((long)step, numbers, texts);
        }
    }

    /// <summary>Names of the numbers, in the order of their first appearance.</summary>
    public IReadOnlyList<string> Names => [.. _moments.SelectMany(moment => moment.Numbers.Keys).Distinct()];

    /// <summary>The last step that was measured; 0 before the first.</summary>
    public long Step => _moments.Count > 0 ? _moments[^1].Step : 0;

    /// <summary>A number's steps and values, in order.</summary>
    public IReadOnlyList<(long Step, double Value)> Of(string name) =>
        [.. from moment in _moments where moment.Numbers.ContainsKey(name) select (moment.Step, moment.Numbers[name])];

    /// <summary>A text's steps and values, in order.</summary>
    public IReadOnlyList<(long Step, string Value)> TextsOf(string name) =>
        [.. from moment in _moments where moment.Texts.ContainsKey(name) select (moment.Step, moment.Texts[name])];

    private void Add(long step, Dictionary<string, double> numbers, Dictionary<string, string> texts)
    {
        if (Step > step) _moments.RemoveAll(moment => moment.Step >= step);
        if (_moments.Count == 0 || _moments[^1].Step < step) _moments.Add((step, [], []));
        foreach (var (name, value) in numbers) _moments[^1].Numbers[name] = value;
        foreach (var (name, value) in texts) _moments[^1].Texts[name] = value;
    }

    /// <summary>A number, also one that JSON has no word for.</summary>
    private static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String when value.GetString() is "NaN" or "Infinity" or "-Infinity" => double.Parse(value.GetString()!, CultureInfo.InvariantCulture),
        _ => null,
    };
}
