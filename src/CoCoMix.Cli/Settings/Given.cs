namespace CoCoMix.Cli.Settings;

/// <summary>The value that somebody gave a setting, as text.</summary>
/// <param name="Where">How messages name it: <c>--steps</c>, <c>--set steps</c>, <c>run.yaml:3: steps</c>.</param>
/// <param name="Texts">The value, the items of a list, or null for null.</param>
/// <param name="IsList">Whether it was written as a list.</param>
internal sealed record Given(string Where, IReadOnlyList<string>? Texts, bool IsList);
