using System.Text;

namespace CoCoMix.Combinations.Tests;

/// <summary>The source text of a student and of all that it is made with; the seed decides every choice.</summary>
internal sealed class Combination
{
    private readonly Random _random;
    private readonly StringBuilder _source = new();
    private readonly List<(string Attribute, Argument Argument)> _stated = [];

    public Combination(int seed)
    {
        (Seed, _random) = (seed, new(seed));
        var sizes = Sizes.Draw(_random);
        var heads = sizes.Concepts.Count;
        Saes = heads > 0 && _random.Next(3) > 0 ? heads : 0;
        var (distils, regresses) = (_random.Next(4) == 0, heads == 1 && Saes == 0 && _random.Next(3) > 0);
        if (regresses) sizes = sizes with { Concepts = [sizes.TeacherBlock.Width] };

        _source.Append($"using CoCoMix;\nnamespace {Namespace};\n");
        Declare("Block : TransformerBlock", Catalogue.Block(sizes.Block));
        for (var i = 0; i < heads; i++) Declare($"Head{i} : ConceptHead", Catalogue.Head(sizes.Concepts[i]));
        for (var i = 0; i < Saes; i++) Declare($"Sae{i} : SparseAutoencoder", Catalogue.Sae(sizes, sizes.Concepts[i]));
        if (Saes > 0 || distils || regresses)
        {
            Declare("TeacherBlock : TransformerBlock", Catalogue.Block(sizes.TeacherBlock));
            Declare("Teacher : LanguageModel", Catalogue.Teacher(sizes));
        }
        Declare("Student : LanguageModel",
        [
            .. Catalogue.Student(sizes),
            .. sizes.MixBefore.Select((beforeBlock, i) => Catalogue.Mixing(i, beforeBlock, isTaught: Saes > 0 || regresses)), .. sizes.PauseBefore.Select(Catalogue.Pause),
            .. Enumerable.Range(0, Saes).Select(i => Catalogue.Labels(sizes, i)),
            .. distils ? [Catalogue.Distillation] : Array.Empty<Slot>(), .. regresses ? [Catalogue.Regression(sizes)] : Array.Empty<Slot>(),
        ]);
    }

    public int Seed { get; }

    public string Namespace => $"Combination{Seed}";

    /// <summary>The number of autoencoders, which is that of the concept heads where these have labels.</summary>
    public int Saes { get; }

    public string Source => _source.ToString();

    /// <summary>Every attribute in the source, by name.</summary>
    public HashSet<string> Attributes { get; } = [];

    /// <summary>Every argument in the source, with its attribute.</summary>
    public IReadOnlyList<(string Attribute, Argument Argument)> Stated => _stated;

    public override string ToString() => Source;

    private void Declare(string header, IReadOnlyList<Slot> slots)
    {
        _source.Append('\n');
        foreach (var choices in slots.SelectMany(slot => slot.Alternatives[_random.Next(slot.Alternatives.Count)]))
        {
            var arguments = choices.Places.Select(place => place[_random.Next(place.Length)]).OfType<Argument>().ToArray();
            var name = choices.Attribute.Split('<')[0];
            Attributes.Add(name);
            _stated.AddRange(arguments.Select(argument => (name, argument)));
            _source.Append($"[{choices.Attribute}({string.Join(", ", arguments.AsEnumerable())})]\n");
        }
        _source.Append($"public sealed partial class {header};\n");
    }
}
