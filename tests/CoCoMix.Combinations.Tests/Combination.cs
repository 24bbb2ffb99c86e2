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
        var isMixing = _random.Next(4) > 0;
        var isLabelled = isMixing && _random.Next(3) > 0;

        _source.Append($"using CoCoMix;\nnamespace {Namespace};\n");
        Declare("Block : TransformerBlock", Catalogue.Block(sizes.Width));
        if (isMixing) Declare("Head : ConceptHead", Catalogue.Head(sizes));
        if (isLabelled)
        {
            Declare("TeacherBlock : TransformerBlock", Catalogue.Block(sizes.TeacherWidth));
            Declare("Teacher : LanguageModel", Catalogue.Teacher(sizes));
            Declare("Sae : SparseAutoencoder", Catalogue.Sae(sizes));
        }
        Declare("Student : LanguageModel",
            [.. Catalogue.Student(sizes), .. isMixing ? Catalogue.Mixing(sizes) : [], .. isLabelled ? Catalogue.Labels(sizes) : []]);
    }

    public int Seed { get; }

    public string Namespace => $"Combination{Seed}";

    public string Source => _source.ToString();

    /// <summary>Every argument in the source, with its attribute.</summary>
    public IReadOnlyList<(string Attribute, Argument Argument)> Stated => _stated;

    public override string ToString() => Source;

    private void Declare(string header, IReadOnlyList<Choices> attributes)
    {
        _source.Append('\n');
        foreach (var choices in attributes)
        {
            if (choices.IsOptional && _random.Next(2) == 0) continue;
            var arguments = choices.Places.Select(place => place[_random.Next(place.Count)]).OfType<Argument>().ToArray();
            _stated.AddRange(arguments.Select(argument => (choices.Attribute.Split('<')[0], argument)));
            _source.Append($"[{choices.Attribute}({string.Join(", ", arguments.AsEnumerable())})]\n");
        }
        _source.Append($"public sealed partial class {header};\n");
    }
}
