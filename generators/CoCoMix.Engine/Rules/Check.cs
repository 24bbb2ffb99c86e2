using CoCoMix.Engine.Spec;
using static CoCoMix.Engine.Spec.AttributeNames;

namespace CoCoMix.Engine.Rules;

/// <summary>Judges declarations. What passes can be generated; nothing else can.</summary>
public static class Check
{
    // Far above any model, and low enough that a width times a small factor fits an int.
    private const int MaxSize = 1 << 24;
    private const int MaxExpansion = 64;
    private const int MaxBlocks = 1024;
    private const int MaxVocabulary = 1 << 16;

    public static bool Passes(Declaration declaration) =>
        declaration.IsReadable && Violations(declaration).Count == 0 && declaration.Uses.All(use => Passes(use.Declaration));

    /// <summary>
    /// The rules that <paramref name="declaration"/> itself breaks. Values are compared with each other only once each is sound by itself,
    /// so that one mistake is one error.
    /// </summary>
    public static IReadOnlyList<Violation> Violations(Declaration declaration)
    {
        if (!declaration.IsReadable)
        {
            return [];
        }
        List<Violation> found =
        [
            .. MissingParts(declaration),
            .. Values(declaration.Spec).Where(violation => declaration.Has(violation.Site.Attribute!)),
        ];
        if (found.Count == 0 && declaration.Uses.All(use => Passes(use.Declaration)))
        {
            found.AddRange(Relations(declaration));
        }
        return [.. Class(declaration), .. found, .. UnusableParts(declaration)];
    }

    private static IEnumerable<Violation> Class(Declaration declaration)
    {
        var name = declaration.Type.Name;
        var site = new Site(declaration.Type);
        if (!declaration.IsPartial)
        {
            yield return Broken(Rule.NotPartial, site, name);
        }
        if (declaration.UnsupportedForm is { } form)
        {
            yield return Broken(Rule.UnsupportedForm, site, name, form);
        }
        if (declaration.ConflictingMember is { } member)
        {
            var what = member == ".ctor" ? "a constructor" : $"'{member}'";
            yield return Broken(Rule.ConflictingMember, site with { Member = member }, name, what);
        }
        // One error for each base that is asked for in vain, at the first attribute that asks.
        foreach (var asking in declaration.Attributes.GroupBy(BaseOf).Where(asking => asking.Key != declaration.Base))
        {
            yield return Broken(Rule.WrongBase, site with { Attribute = asking.First() }, asking.First(), asking.Key, name, declaration.Base);
        }
    }

    private static IEnumerable<Violation> MissingParts(Declaration declaration)
    {
        string[] needed = declaration.Spec switch
        {
            BlockSpec => [PreNorm, CausalSelfAttention, FeedForward],
            SaeSpec => [SparseAutoencoder],
            ConceptHeadSpec => [ConceptHead],
            _ => [LanguageModel, Blocks],
        };
        var missing = needed.Where(attribute => !declaration.Has(attribute)).ToList();
        if (missing.Count > 0)
        {
            yield return Broken(Rule.MissingPart, new Site(declaration.Type), declaration.Type.Name, BaseOf(needed[0]),
                Listed(missing.Select(attribute => $"[{attribute}]"), "and"), Listed(missing.Select(Example), "and"));
        }
        if (declaration.Has(ConceptLabels) && !declaration.Has(MixConcepts))
        {
            yield return Broken(Rule.LabelsWithoutMixing, new Site(declaration.Type, ConceptLabels), declaration.Type.Name);
        }
    }

    private static string Example(string attribute) => attribute switch
    {
        PreNorm => "[PreNorm(Norm.LayerNorm)]",
        CausalSelfAttention => "[CausalSelfAttention(HeadDim = 64)]",
        FeedForward => "[FeedForward(Expansion = 4)]",
        SparseAutoencoder => "[SparseAutoencoder(Inputs = 768, Latents = 32_768, Active = 32)]",
        ConceptHead => "[ConceptHead(Concepts = 32_768, Active = 32)]",
        LanguageModel => "[LanguageModel(Vocabulary = 50_257, Context = 1_024, Width = 512)]",
        _ => "[Blocks<TBlock>(8)]",
    };

    private static IEnumerable<Violation> Values(ClassSpec spec) => (spec switch
    {
        BlockSpec block => [NoneInBlock(block), .. Norm(block, PreNorm, block.Norm), .. Attention(block), .. Feed(block)],
        SaeSpec sae =>
        [
            Size(sae, SparseAutoencoder, nameof(sae.Inputs), sae.Inputs),
            Size(sae, SparseAutoencoder, nameof(sae.Latents), sae.Latents),
            Size(sae, SparseAutoencoder, nameof(sae.Active), sae.Active),
        ],
        ConceptHeadSpec head =>
        [
            Size(head, ConceptHead, nameof(head.Concepts), head.Concepts),
            Size(head, ConceptHead, nameof(head.Active), head.Active),
            NotNegative(head, ConceptHead, nameof(head.LossWeight), head.LossWeight),
        ],
        ModelSpec model =>
        [
            Size(model, LanguageModel, nameof(model.Vocabulary), model.Vocabulary, MaxVocabulary, ", because token ids are stored in 16 bits"),
            Size(model, LanguageModel, nameof(model.Context), model.Context),
            Size(model, LanguageModel, nameof(model.Width), model.Width),
            NotNegative(model, LanguageModel, nameof(model.LogitSoftCap), model.LogitSoftCap),
            NotNegative(model, LanguageModel, nameof(model.ZLoss), model.ZLoss),
            Size(model, Blocks, "Count", model.Layers, MaxBlocks),
            .. Norm(model, FinalNorm, model.FinalNorm),
            model.Mix is { } mix ? Defined(model, MixConcepts, "Mixing", "Mixing", mix.Mixing) : null,
            model.Labels is { } labels ? Defined(model, ConceptLabels, "Selection", "Selection", labels.Selection) : null,
            model.Labels is { } counted ? Size(model, ConceptLabels, nameof(counted.Count), counted.Count) : null,
        ],
        _ => Array.Empty<Violation?>(),
    }).OfType<Violation>();

    private static IEnumerable<Violation?> Norm(ClassSpec spec, string attribute, NormSpec? norm) => norm is null ? [] :
    [
        Defined(spec, attribute, "Norm", "Norm", norm.Kind, attribute == FinalNorm ? null : NormKind.None),
        norm.Epsilon is > 0 and < double.PositiveInfinity
            ? null : OutOfRange(spec, attribute, nameof(norm.Epsilon), norm.Epsilon, "finite and more than 0"),
    ];

    private static Violation? NoneInBlock(BlockSpec block) => block.Norm?.Kind != NormKind.None ? null :
        Broken(Rule.NoneInBlock, new Site(block.Type, PreNorm, "Norm"), PreNorm, block.Type.Name);

    private static IEnumerable<Violation?> Feed(BlockSpec block) => block.FeedForward is not { } feed ? [] :
    [
        Size(block, FeedForward, nameof(feed.Expansion), feed.Expansion, MaxExpansion),
        Defined(block, FeedForward, "Activation", "Activation", feed.Activation),
    ];

    private static IEnumerable<Violation?> Attention(BlockSpec block)
    {
        if (block.Attention is not { } attention)
        {
            return [];
        }
        var (heads, headDim) = (attention.Heads, attention.HeadDim);
        if (heads != 0 && headDim != 0)
        {
            var both = HeadSite(block, nameof(attention.HeadDim));
            return [Broken(Rule.HeadsAndHeadDim, both, block.Type.Name, $"both Heads = {heads} and HeadDim = {headDim}")
                with { Related = [HeadSite(block, nameof(attention.Heads))] }];
        }
        if (heads == 0 && headDim == 0)
        {
            return [Broken(Rule.HeadsAndHeadDim, new Site(block.Type, CausalSelfAttention), block.Type.Name, "neither Heads nor HeadDim")];
        }
        var (argument, value) = Stated(attention);
        return [Size(block, CausalSelfAttention, argument, value)];
    }

    private static (string Argument, int Value) Stated(AttentionSpec attention) =>
        attention.Heads != 0 ? (nameof(attention.Heads), attention.Heads) : (nameof(attention.HeadDim), attention.HeadDim);

    private static Site HeadSite(BlockSpec block, string argument) => new(block.Type, CausalSelfAttention, argument);

    private static IEnumerable<Violation> Relations(Declaration declaration) => (declaration.Spec switch
    {
        SaeSpec sae => [Active(sae, SparseAutoencoder, sae.Active, nameof(sae.Latents), sae.Latents)],
        ConceptHeadSpec head => [Active(head, ConceptHead, head.Active, nameof(head.Concepts), head.Concepts)],
        ModelSpec { Block: { } block } model => [Heads(model, block), Insertion(model), .. Labels(declaration, model)],
        _ => Array.Empty<Violation?>(),
    }).OfType<Violation>();

    private static Violation? Active(ClassSpec spec, string attribute, int active, string of, int size)
    {
        if (active <= size)
        {
            return null;
        }
        var site = new Site(spec.Type, attribute, "Active");
        return Broken(Rule.TooManyActive, site, active, spec.Type.Name, of, size)
            with { Related = [site with { Argument = of }], Change = new Change(site, $"{size}") };
    }

    private static Violation? Heads(ModelSpec model, BlockSpec block)
    {
        var (argument, value) = Stated(block.Attention!);
        if (model.Width % value == 0)
        {
            return null;
        }
        var nearest = NeighbouringDivisors(model.Width, value);
        var heads = HeadSite(block, argument);
        return Broken(Rule.HeadsDoNotDivide, new Site(model.Type, Blocks, TypeArgument: 0),
                argument, value, block.Type.Name, model.Width, model.Type.Name, Listed(nearest.Select(divisor => $"{divisor}"), "or"))
            with
            {
                Related = [heads, WidthOf(model)],
                Change = new Change(heads, $"{nearest.OrderBy(divisor => Math.Abs(divisor - value)).First()}"),
            };
    }

    /// <summary>The largest divisor below <paramref name="value"/> and, unless it lies beyond, the smallest above.</summary>
    private static IEnumerable<int> NeighbouringDivisors(int number, int value)
    {
        var divisors = Enumerable.Range(1, (int)Math.Sqrt(number)).Where(d => number % d == 0).SelectMany(d => new[] { d, number / d }).ToList();
        yield return divisors.Where(d => d < value).Max();
        if (value < number)
        {
            yield return divisors.Where(d => d > value).Min();
        }
    }

    private static Violation? Insertion(ModelSpec model)
    {
        if (model.Mix is not { } mix || (mix.BeforeBlock >= 0 && mix.BeforeBlock < model.Layers))
        {
            return null;
        }
        var site = new Site(model.Type, MixConcepts, nameof(mix.BeforeBlock));
        return Broken(Rule.InsertionOutOfRange, site, model.Type.Name, mix.BeforeBlock, model.Layers, model.Layers - 1)
            with { Related = [LayersOf(model)], Change = new Change(site, $"{NearestIndex(mix.BeforeBlock, model.Layers)}") };
    }

    private static int NearestIndex(int index, int count) => Math.Max(0, Math.Min(index, count - 1));

    private static IEnumerable<Violation?> Labels(Declaration declaration, ModelSpec model)
    {
        if (model is not { Labels: { } labels, Mix.Head: { } head })
        {
            yield break;
        }
        var (student, teacher, sae) = (model.Type.Name, labels.Teacher, labels.Sae);
        var teacherSite = new Site(model.Type, ConceptLabels, TypeArgument: 0);
        var saeSite = new Site(model.Type, ConceptLabels, TypeArgument: 1);
        if (new[] { MixConcepts, ConceptLabels }.FirstOrDefault(declaration.Used(ConceptLabels)!.Has) is { } extra)
        {
            yield return Broken(Rule.TeacherNotPlain, teacherSite, teacher.Type.Name, student, extra)
                with { Related = [new Site(teacher.Type, extra)] };
        }
        if (head.Concepts != sae.Latents)
        {
            var concepts = new Site(head.Type, ConceptHead, nameof(head.Concepts));
            yield return Broken(Rule.ConceptsDiffer, new Site(model.Type, MixConcepts, TypeArgument: 0),
                    student, head.Type.Name, head.Concepts, sae.Type.Name, sae.Latents)
                with
                {
                    Related = [concepts, new Site(sae.Type, SparseAutoencoder, nameof(sae.Latents))],
                    Change = new Change(concepts, $"{sae.Latents}"),
                };
        }
        if (sae.Inputs != teacher.Width)
        {
            yield return Broken(Rule.SaeDoesNotFitTeacher, saeSite, sae.Type.Name, sae.Inputs, teacher.Type.Name, teacher.Width)
                with { Related = [new Site(sae.Type, SparseAutoencoder, nameof(sae.Inputs)), WidthOf(teacher)] };
        }
        if (labels.AfterBlock < 0 || labels.AfterBlock >= teacher.Layers)
        {
            var site = new Site(model.Type, ConceptLabels, nameof(labels.AfterBlock));
            yield return Broken(Rule.TeacherBlockOutOfRange, site, student, labels.AfterBlock, teacher.Type.Name, teacher.Layers, teacher.Layers - 1)
                with { Related = [LayersOf(teacher)], Change = new Change(site, $"{NearestIndex(labels.AfterBlock, teacher.Layers)}") };
        }
        if (labels.Count > sae.Active)
        {
            var site = new Site(model.Type, ConceptLabels, nameof(labels.Count));
            yield return Broken(Rule.TooManyLabels, site, student, labels.Count, sae.Type.Name, sae.Active)
                with { Related = [new Site(sae.Type, SparseAutoencoder, nameof(sae.Active))], Change = new Change(site, $"{sae.Active}") };
        }
        if (teacher.Vocabulary != model.Vocabulary)
        {
            yield return Broken(Rule.VocabulariesDiffer, teacherSite, teacher.Type.Name, teacher.Vocabulary, student, model.Vocabulary)
                with { Related = [Size(teacher, nameof(teacher.Vocabulary)), Size(model, nameof(model.Vocabulary))] };
        }
        if (teacher.Context < model.Context)
        {
            yield return Broken(Rule.TeacherContextTooShort, teacherSite, teacher.Type.Name, teacher.Context, student, model.Context)
                with { Related = [Size(teacher, nameof(teacher.Context)), Size(model, nameof(model.Context))] };
        }

        static Site Size(ModelSpec model, string argument) => new(model.Type, LanguageModel, argument);
    }

    private static Site WidthOf(ModelSpec model) => new(model.Type, LanguageModel, nameof(model.Width));

    private static Site LayersOf(ModelSpec model) => new(model.Type, Blocks, "Count");

    /// <summary>Parts whose own errors nobody sees here: compiled elsewhere, or written without attributes.</summary>
    private static IEnumerable<Violation> UnusableParts(Declaration declaration) =>
        from use in declaration.Uses
        let part = use.Declaration
        where part.IsReadable && !part.IsReported && !Passes(part)
        select Broken(Rule.UnusablePart, new Site(declaration.Type, use.Attribute, TypeArgument: use.TypeArgument),
            declaration.Type.Name, part.Type.Name, WhyUnusable(part));

    private static string WhyUnusable(Declaration part) =>
        part.Attributes.Count == 0 ? "it has none of the language's attributes" :
        Violations(part).Select(violation => violation.Message).FirstOrDefault() ?? "its own parts are not sound";

    private static Violation? Size(ClassSpec spec, string attribute, string argument, int value, int most = MaxSize, string reason = "") =>
        value >= 1 && value <= most ? null : OutOfRange(spec, attribute, argument, value, $"from 1 to {most}{reason}");

    private static Violation? NotNegative(ClassSpec spec, string attribute, string argument, double value) =>
        value is >= 0 and < double.PositiveInfinity ? null : OutOfRange(spec, attribute, argument, value, "finite and not negative");

    private static Violation OutOfRange(ClassSpec spec, string attribute, string argument, object value, string range) =>
        Broken(Rule.OutOfRange, new Site(spec.Type, attribute, argument), argument, attribute, spec.Type.Name, value, range);

    /// <param name="elsewhere">A member that the attribute does not take, and is not suggested.</param>
    private static Violation? Defined<T>(ClassSpec spec, string attribute, string argument, string type, T value, T? elsewhere = null) where T : struct, Enum =>
        Enum.IsDefined(typeof(T), value) ? null :
            Broken(Rule.UndefinedValue, new Site(spec.Type, attribute, argument), argument, attribute, spec.Type.Name, value,
                Listed(Enum.GetNames(typeof(T)).Where(name => name != $"{elsewhere}").Select(name => $"{type}.{name}"), "or"));

    private static Violation Broken(Rule rule, Site site, params object[] arguments) => new(rule, site, arguments);

    private static string Listed(IEnumerable<string> items, string conjunction)
    {
        var all = items.ToList();
        return all.Count == 1 ? all[0] : $"{string.Join(", ", all.Take(all.Count - 1))} {conjunction} {all[all.Count - 1]}";
    }
}
