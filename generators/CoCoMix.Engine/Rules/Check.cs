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

    private const string Standardised = ", because hidden states are divided by their standard deviation";

    // The analyzer judges after the generator, and an editor after every edit: what was judged before is not judged again.
    private static readonly Verdicts Judged = new(Judge);

    public static bool Passes(Declaration declaration) =>
        declaration.IsReadable && Violations(declaration).Count == 0 && declaration.Uses.All(use => Passes(use.Declaration))
        && (declaration.Spec is not ModuleSpec module || ModuleCheck.PartsAreSound(module));

    /// <summary>
    /// The rules that <paramref name="declaration"/> itself breaks. Values are compared with each other only once each is sound by itself,
    /// so that one mistake is one error.
    /// </summary>
    public static IReadOnlyList<Violation> Violations(Declaration declaration) => Judged.Of(declaration);

    private static IReadOnlyList<Violation> Judge(Declaration declaration)
    {
        if (!declaration.IsReadable)
        {
            return [];
        }
        List<Violation> found =
        [
            .. MissingParts(declaration),
            .. declaration.Cycles.Select(cycle => Broken(
                Rule.ContainsItself, new Site(declaration.Type, cycle.Attribute, TypeArgument: cycle.TypeArgument, Index: cycle.Index), $"[{cycle.Attribute}]", declaration.Type.Name, cycle.Path)),
            .. (declaration.Spec as ModuleSpec ?? (declaration.Spec as ConceptHeadSpec)?.Own?.Module) is { } module ? ModuleCheck.Alone(module) : [],
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
            yield return Broken(Rule.NotPartial, site, name) with { Edit = new(EditKind.MakePartial, site, "", $"Make '{name}' partial") };
        }
        if (declaration.UnsupportedForm is { } form)
        {
            yield return Broken(Rule.UnsupportedForm, site, name, form);
        }
        if (declaration.ConflictingMember is { } member)
        {
            var what = member == ".ctor" ? "a constructor" : $"'{member}'";
            site = site with { Member = member };
            yield return Broken(Rule.ConflictingMember, site, name, what) with { Edit = new(EditKind.RemoveMember, site, "", $"Remove {what}") };
        }
        // One error for each base that is asked for in vain, at the first attribute that asks.
        foreach (var asking in declaration.Attributes.GroupBy(BaseOf).Where(asking => asking.Key != declaration.Base && !IsOwnHead(declaration, asking.Key)))
        {
            yield return Broken(Rule.WrongBase, new(declaration.Type, asking.First()), asking.First(), asking.Key, name, declaration.Base)
                with { Edit = declaration.Base == "object" && asking.Key != BaseNames.Module ? new(EditKind.SetBase, new(declaration.Type), asking.Key!, $"Derive '{name}' from {asking.Key}") : null };
        }
    }

    /// <summary>A head with code of its own has [Dims] too.</summary>
    private static bool IsOwnHead(Declaration declaration, string asked) => asked == BaseNames.Module && declaration.Spec is ConceptHeadSpec { Own: not null };

    private static IEnumerable<Violation> MissingParts(Declaration declaration)
    {
        string[] needed = declaration.Spec switch
        {
            BlockSpec => [declaration.Has(PostNorm) ? PostNorm : PreNorm, declaration.Has(AttributeNames.Attention) ? AttributeNames.Attention : CausalSelfAttention, FeedForward],
            SaeSpec => [SparseAutoencoder],
            ConceptHeadSpec => [ConceptHead],
            ModuleSpec => [],
            _ => [LanguageModel, Blocks],
        };
        var missing = needed.Where(attribute => !declaration.Has(attribute)).ToList();
        if (missing.Count > 0)
        {
            yield return Broken(Rule.MissingPart, new Site(declaration.Type), declaration.Type.Name, BaseOf(needed[0]),
                Listed(missing.Select(attribute => $"[{attribute}]"), "and"), Listed(missing.Select(Example), "and"))
                with { Edit = missing.All(attribute => attribute is PreNorm or FeedForward) ? Added(declaration.Type, missing) : null };
        }
        if (declaration.Has(ConceptLabels) && !declaration.Has(MixConcepts))
        {
            yield return WithoutAttribute(Broken(Rule.LabelsWithoutMixing, new Site(declaration.Type, ConceptLabels), declaration.Type.Name));
        }
        if (declaration.Has(PreNorm) && declaration.Has(PostNorm))
        {
            yield return WithoutAttribute(Broken(Rule.TwoNorms, new Site(declaration.Type, PostNorm), declaration.Type.Name))
                with { Related = [new Site(declaration.Type, PreNorm)] };
        }
        else if (declaration.Has(AttributeNames.Parallel) && declaration.Has(PostNorm))
        {
            yield return WithoutAttribute(Broken(Rule.ParallelWithPostNorm, new Site(declaration.Type, AttributeNames.Parallel), declaration.Type.Name))
                with { Related = [new Site(declaration.Type, PostNorm)] };
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
        BlockSpec block => [NoneInBlock(block), .. Norm(block, NormOf(block), block.Norm), .. Attention(block), .. Feed(block)],
        SaeSpec sae =>
        [
            Size(sae, SparseAutoencoder, nameof(sae.Inputs), sae.Inputs, reason: Standardised, least: 2),
            Size(sae, SparseAutoencoder, nameof(sae.Latents), sae.Latents),
            Size(sae, SparseAutoencoder, nameof(sae.Active), sae.Active),
            Defined(sae, SparseAutoencoder, nameof(sae.Kind), "SaeKind", sae.Kind),
            NotNegative(sae, SparseAutoencoder, nameof(sae.Sparsity), sae.Sparsity),
            sae.Bandwidth is > 0 and < double.PositiveInfinity
                ? null : OutOfRange(sae, SparseAutoencoder, nameof(sae.Bandwidth), sae.Bandwidth, "finite and more than 0"),
            Size(sae, SparseAutoencoder, nameof(sae.Prefixes), sae.Prefixes),
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
            model.Mixes.Count == 0 ? Size(model, LanguageModel, nameof(model.Width), model.Width)
                : Size(model, LanguageModel, nameof(model.Width), model.Width, reason: Standardised, least: 2),
            NotNegative(model, LanguageModel, nameof(model.LogitSoftCap), model.LogitSoftCap),
            NotNegative(model, LanguageModel, nameof(model.ZLoss), model.ZLoss),
            Size(model, Blocks, "Count", model.Layers, MaxBlocks),
            Defined(model, LanguageModel, "Positions", "Positions", model.Positions),
            model.RotaryBase is > 0 and < double.PositiveInfinity
                ? null : OutOfRange(model, LanguageModel, nameof(model.RotaryBase), model.RotaryBase, "finite and more than 0"),
            model.Dropout is >= 0 and < 1
                ? null : OutOfRange(model, LanguageModel, nameof(model.Dropout), model.Dropout, "from 0 to below 1"),
            .. Norm(model, FinalNorm, model.FinalNorm),
            model.Budget is { GiB: not (> 0 and < double.PositiveInfinity) }
                ? OutOfRange(model, AttributeNames.Budget, nameof(BudgetSpec.GiB), model.Budget.GiB, "finite and more than 0") : null,
            model.Budget is { } budget ? Size(model, AttributeNames.Budget, nameof(budget.BatchTokens), budget.BatchTokens, int.MaxValue) : null,
            .. model.Mixes.Select((mix, i) => Defined(model, MixConcepts, "Mixing", "Mixing", mix.Mixing, i)),
            .. model.Labels.Select((labels, i) => Defined(model, ConceptLabels, "Selection", "Selection", labels.Selection, i)),
            .. model.Labels.Select((labels, i) => Size(model, ConceptLabels, nameof(labels.Count), labels.Count, index: i)),
            model.Distillation is { } distillation ? NotNegative(model, Distill, nameof(distillation.Weight), distillation.Weight) : null,
            model.Regression is { } regression ? Defined(model, RegressHiddenStates, "Distance", "Distance", regression.Distance) : null,
        ],
        _ => Array.Empty<Violation?>(),
    }).OfType<Violation>();

    private static IEnumerable<Violation?> Norm(ClassSpec spec, string attribute, NormSpec? norm) => norm is null ? [] :
    [
        Defined(spec, attribute, "Norm", "Norm", norm.Kind, elsewhere: attribute == FinalNorm ? null : NormKind.None),
        norm.Epsilon is > 0 and < double.PositiveInfinity
            ? null : OutOfRange(spec, attribute, nameof(norm.Epsilon), norm.Epsilon, "finite and more than 0"),
    ];

    private static Violation? NoneInBlock(BlockSpec block) => block.Norm?.Kind != NormKind.None ? null :
        Broken(Rule.NoneInBlock, new Site(block.Type, NormOf(block), "Norm"), NormOf(block), block.Type.Name)
            with { Edit = Set(new Site(block.Type, NormOf(block), "Norm"), "Norm.LayerNorm") };

    private static string NormOf(BlockSpec block) => block.PostNorm ? PostNorm : PreNorm;

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
            return [WithoutArgument(Broken(Rule.HeadsAndHeadDim, both, block.Type.Name, $"both Heads = {heads} and HeadDim = {headDim}"))
                with { Related = [HeadSite(block, nameof(attention.Heads))] }];
        }
        if (heads == 0 && headDim == 0)
        {
            return [Broken(Rule.HeadsAndHeadDim, new Site(block.Type, CausalSelfAttention), block.Type.Name, "neither Heads nor HeadDim")];
        }
        var (argument, value) = Stated(attention);
        return
        [
            Size(block, CausalSelfAttention, argument, value),
            Size(block, CausalSelfAttention, nameof(attention.KeyValueHeads), attention.KeyValueHeads, least: 0),
            Size(block, CausalSelfAttention, nameof(attention.Window), attention.Window, least: 0),
        ];
    }

    private static (string Argument, int Value) Stated(AttentionSpec attention) =>
        attention.Heads != 0 ? (nameof(attention.Heads), attention.Heads) : (nameof(attention.HeadDim), attention.HeadDim);

    private static Site HeadSite(BlockSpec block, string argument) => new(block.Type, CausalSelfAttention, argument);

    private static IEnumerable<Violation> Relations(Declaration declaration) => (declaration.Spec switch
    {
        SaeSpec sae => [Active(sae, SparseAutoencoder, sae.Active, nameof(sae.Latents), sae.Latents), .. IgnoredSettings(sae), Prefixes(sae)],
        ConceptHeadSpec head => [Active(head, ConceptHead, head.Active, nameof(head.Concepts), head.Concepts)],
        BlockSpec { OwnAttention: not null, Attention: not null } block =>
            [Broken(Rule.TwoAttentions, new Site(block.Type, AttributeNames.Attention), block.Type.Name) with
            {
                Related = [new Site(block.Type, CausalSelfAttention)], Edit = WithoutAttribute(new Site(block.Type, CausalSelfAttention)),
            }],
        BlockSpec block when block.OwnParts.Any() => [.. ModuleCheck.InBlock(block)],
        BlockSpec { Attention: { Heads: > 0 } attention } block =>
            [SharedHeads(block, attention.Heads, "", HeadSite(block, nameof(attention.KeyValueHeads)), HeadSite(block, nameof(attention.Heads)))],
        ModelSpec { Block: { } block } model =>
            [.. ModuleCheck.InModel(model, block), .. model.Mixes.SelectMany((mix, i) => ModuleCheck.InModel(model, mix, i)), .. block.Attention is null ? [] : Heads(model, block), .. Insertions(model), .. Teacher(declaration, model), .. Labels(model), .. Regression(model)],
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
            with { Related = [site with { Argument = of }], Edit = Set(site, $"{size}") };
    }

    private static IEnumerable<Violation> IgnoredSettings(SaeSpec sae) =>
        from setting in sae.Stated
        let kinds = SaeSpec.Settings[setting]
        where !kinds.Contains(sae.Kind)
        let site = new Site(sae.Type, SparseAutoencoder, setting)
        select WithoutArgument(Broken(Rule.IgnoredSetting, site, setting, sae.Type.Name, sae.Kind, Listed(kinds.Select(kind => $"SaeKind.{kind}"), "or")));

    private static Violation? Prefixes(SaeSpec sae)
    {
        var most = Enumerable.Range(0, 31).Count(halvings => sae.Latents >> halvings > 0);
        if (sae.Kind != AutoencoderKind.Matryoshka || sae.Prefixes <= most)
        {
            return null;
        }
        var site = new Site(sae.Type, SparseAutoencoder, nameof(sae.Prefixes));
        return Broken(Rule.TooManyPrefixes, site, sae.Type.Name, sae.Latents, sae.Prefixes, most)
            with { Related = [site with { Argument = nameof(sae.Latents) }], Edit = Set(site, $"{most}") };
    }

    private static IEnumerable<Violation?> Heads(ModelSpec model, BlockSpec block)
    {
        var (argument, value) = Stated(block.Attention!);
        var (heads, user) = (HeadSite(block, argument), new Site(model.Type, Blocks, TypeArgument: 0));
        if (model.Width % value != 0)
        {
            var nearest = Divisors.Around(model.Width, value);
            yield return Broken(Rule.HeadsDoNotDivide, user,
                    argument, value, block.Type.Name, model.Width, model.Type.Name, Listed(nearest.Select(divisor => $"{divisor}"), "or"))
                with { Related = [heads, WidthOf(model)], Edit = Set(heads, $"{Divisors.Nearest(model.Width, value)}") };
            yield break;
        }
        if (block.Attention!.HeadDim > 0)
        {
            yield return SharedHeads(block, block.Attention.HeadsAt(model.Width), $" at Width = {model.Width} of '{model.Type.Name}'", user,
                HeadSite(block, nameof(block.Attention.KeyValueHeads)), heads, WidthOf(model));
        }
        var headDim = block.Attention.HeadDimAt(model.Width);
        if (model.Positions == PositionKind.Rotary && headDim % 2 != 0)
        {
            var positions = new Site(model.Type, LanguageModel, nameof(model.Positions));
            yield return Broken(Rule.OddRotaryHeads, positions, model.Type.Name, block.Type.Name, headDim)
                with { Related = [heads, WidthOf(model)] };
        }
    }

    /// <summary>Whether heads of keys and values divide the heads of queries.</summary>
    private static Violation? SharedHeads(BlockSpec block, int heads, string where, Site site, params Site[] related)
    {
        var shared = block.Attention!.KeyValueHeads;
        if (shared == 0 || heads % shared == 0)
        {
            return null;
        }
        var nearest = Divisors.Around(heads, shared);
        return Broken(Rule.SharedHeadsDoNotDivide, site, shared, block.Type.Name, heads, where, Listed(nearest.Select(divisor => $"{divisor}"), "or"))
            with { Related = related, Edit = Set(HeadSite(block, nameof(block.Attention.KeyValueHeads)), $"{Divisors.Nearest(heads, shared)}") };
    }

    private static IEnumerable<Violation> Insertions(ModelSpec model)
    {
        var all = model.Mixes.Select((mix, i) => (Site: Place(MixConcepts, i), Enters: "mixes concepts", mix.BeforeBlock))
            .Concat(model.Pauses.Select((pause, i) => (Site: Place(PauseToken, i), Enters: "inserts a pause token", pause.BeforeBlock))).ToList();
        foreach (var (site, enters, block) in all.Where(insertion => insertion.BeforeBlock < 0 || insertion.BeforeBlock >= model.Layers))
        {
            yield return Broken(Rule.InsertionOutOfRange, site, model.Type.Name, enters, block, model.Layers, model.Layers - 1)
                with { Related = [LayersOf(model)], Edit = FreeBlock(site, block) };
        }
        foreach (var same in all.GroupBy(insertion => insertion.BeforeBlock).Select(same => same.ToList()).Where(same => same.Count > 1))
        {
            var (first, second) = (same[0].Site, same[1].Site);
            var what = first.Attribute == second.Attribute ? $"[{first.Attribute}] twice" : $"[{first.Attribute}] and [{second.Attribute}]";
            yield return Broken(Rule.InsertionsAtOneBlock, second, model.Type.Name, what, same[0].BeforeBlock) with
            {
                Related = [first],
                Edit = FreeBlock(second, same[0].BeforeBlock),
            };
        }
        foreach (var (mix, i) in model.Mixes.Select((mix, i) => (mix, i)).Where(each => each.mix.Mixing == MixingKind.CrossAttend && model.Block!.Attention is null))
        {
            var site = new Site(model.Type, MixConcepts, nameof(mix.Mixing), Index: i);
            yield return Broken(Rule.CrossAttentionWithoutHeads, site, model.Type.Name, model.Block!.Type.Name)
                with { Related = [new Site(model.Type, Blocks, TypeArgument: 0)], Edit = Set(site, "Mixing.Interleave") };
        }

        Site Place(string attribute, int index) => new(model.Type, attribute, "BeforeBlock", Index: index);

        // The nearest block before which nothing enters yet.
        Edit? FreeBlock(Site site, int block) => Enumerable.Range(0, model.Layers).Except(all.Select(insertion => insertion.BeforeBlock))
            .OrderBy(free => Math.Abs(free - block)).Select(free => Set(site, $"{free}")).FirstOrDefault();
    }

    private static int NearestIndex(int index, int count) => Math.Max(0, Math.Min(index, count - 1));

    private static IEnumerable<Violation> Labels(ModelSpec model)
    {
        if (model.Labels.Count == 0)
        {
            return model.Regression is null ? LossOnlyWithoutLabels(model) : [];
        }
        if (model.Labels.Count != model.Mixes.Count)
        {
            var last = new Site(model.Type, ConceptLabels, Index: model.Labels.Count - 1);
            return [Broken(Rule.LabelsForSomeHeads, last, model.Type.Name, model.Labels.Count, model.Mixes.Count)];
        }
        return Enumerable.Range(0, model.Labels.Count).SelectMany(i => Labels(model, i));
    }

    private static IEnumerable<Violation> LossOnlyWithoutLabels(ModelSpec model) =>
        from each in model.Mixes.Select((mix, i) => (Mix: mix, Site: new Site(model.Type, MixConcepts, nameof(MixSpec.Mixing), Index: i)))
        where each.Mix.IsLossOnly
        select Broken(Rule.LossOnlyWithoutLabels, each.Site, model.Type.Name, each.Mix.Head.Type.Name) with { Edit = Set(each.Site, "Mixing.Interleave") };

    /// <summary>The teacher of labels, distillation and regression.</summary>
    private static IEnumerable<Violation> Teacher(Declaration declaration, ModelSpec model)
    {
        if (!model.Teachers.Any())
        {
            yield break;
        }
        var (attribute, _, teacher) = model.Teachers.First();
        var student = model.Type.Name;
        var site = new Site(model.Type, attribute, TypeArgument: 0);
        if (new[] { MixConcepts, PauseToken, ConceptLabels }.FirstOrDefault(declaration.Used(attribute)!.Has) is { } extra)
        {
            yield return Broken(Rule.TeacherNotPlain, site, teacher.Type.Name, student, extra)
                with { Related = [new Site(teacher.Type, extra)] };
        }
        if (teacher.Vocabulary != model.Vocabulary && teacher.Vocabulary != Padded(model.Vocabulary) && Padded(teacher.Vocabulary) != model.Vocabulary)
        {
            yield return Broken(Rule.VocabulariesDiffer, site, teacher.Type.Name, teacher.Vocabulary, student, model.Vocabulary)
                with
                {
                    Related = [Size(teacher, nameof(teacher.Vocabulary)), Size(model, nameof(model.Vocabulary))],
                    Edit = Set(Size(model, nameof(model.Vocabulary)), Number(teacher.Vocabulary)),
                };
        }
        else if (model.Distillation is not null && teacher.Vocabulary != model.Vocabulary)
        {
            yield return Broken(Rule.DistilledVocabulariesDiffer, new Site(model.Type, Distill, TypeArgument: 0), student, teacher.Type.Name, teacher.Vocabulary, model.Vocabulary)
                with
                {
                    Related = [Size(teacher, nameof(teacher.Vocabulary)), Size(model, nameof(model.Vocabulary))],
                    Edit = Set(Size(model, nameof(model.Vocabulary)), Number(teacher.Vocabulary)),
                };
        }
        if (teacher.Context < model.Context)
        {
            yield return Broken(Rule.TeacherContextTooShort, site, teacher.Type.Name, teacher.Context, student, model.Context)
                with
                {
                    Related = [Size(teacher, nameof(teacher.Context)), Size(model, nameof(model.Context))],
                    Edit = Set(Size(model, nameof(model.Context)), Number(teacher.Context)),
                };
        }
        foreach (var (named, i, other) in model.Teachers.Where(named => named.Teacher.Type != teacher.Type))
        {
            yield return Broken(Rule.TeachersDiffer, site with { Attribute = named, Index = i }, student, teacher.Type.Name, other.Type.Name) with { Related = [site] };
        }

        static Site Size(ModelSpec model, string argument) => new(model.Type, LanguageModel, argument);
    }

    /// <summary>The labels of a number, and the head that learns them.</summary>
    private static IEnumerable<Violation> Labels(ModelSpec model, int index)
    {
        var (student, labels, head) = (model.Type.Name, model.Labels[index], model.Mixes[index].Head);
        var (teacher, sae) = (labels.Teacher, labels.Sae);
        if (head.Concepts != sae.Latents)
        {
            var concepts = new Site(head.Type, ConceptHead, nameof(head.Concepts));
            yield return Broken(Rule.ConceptsDiffer, new Site(model.Type, MixConcepts, TypeArgument: 0, Index: index),
                    student, head.Type.Name, head.Concepts, sae.Type.Name, sae.Latents)
                with
                {
                    Related = [concepts, new Site(sae.Type, SparseAutoencoder, nameof(sae.Latents))],
                    Edit = Set(concepts, $"{sae.Latents}"),
                };
        }
        if (sae.Inputs != teacher.Width)
        {
            yield return Broken(Rule.SaeDoesNotFitTeacher, new Site(model.Type, ConceptLabels, TypeArgument: 1, Index: index),
                    sae.Type.Name, sae.Inputs, teacher.Type.Name, teacher.Width)
                with
                {
                    Related = [new Site(sae.Type, SparseAutoencoder, nameof(sae.Inputs)), WidthOf(teacher)],
                    Edit = Set(new Site(sae.Type, SparseAutoencoder, nameof(sae.Inputs)), Number(teacher.Width)),
                };
        }
        if (labels.AfterBlock < 0 || labels.AfterBlock >= teacher.Layers)
        {
            yield return TeacherBlock(model, teacher, new Site(model.Type, ConceptLabels, nameof(labels.AfterBlock), Index: index), labels.AfterBlock);
        }
        if (labels.Count > sae.Active)
        {
            var site = new Site(model.Type, ConceptLabels, nameof(labels.Count), Index: index);
            yield return Broken(Rule.TooManyLabels, site, student, labels.Count, sae.Type.Name, sae.Active)
                with { Related = [new Site(sae.Type, SparseAutoencoder, nameof(sae.Active))], Edit = Set(site, $"{sae.Active}") };
        }
    }

    private static IEnumerable<Violation> Regression(ModelSpec model)
    {
        if (model.Regression is not { } regression)
        {
            yield break;
        }
        var (student, teacher) = (model.Type.Name, regression.Teacher);
        if (model.Mixes.Count != 1 || model.Labels.Count > 0)
        {
            yield return Broken(Rule.RegressionWithoutHead, new Site(model.Type, RegressHiddenStates), student, model.Mixes.Count, model.Labels.Count);
        }
        else if (model.Mixes[0].Head is var head && head.Concepts != teacher.Width)
        {
            var concepts = new Site(head.Type, ConceptHead, nameof(head.Concepts));
            yield return Broken(Rule.RegressionWidthsDiffer, new Site(model.Type, MixConcepts, TypeArgument: 0), student, teacher.Type.Name, teacher.Width, head.Type.Name, head.Concepts)
                with { Related = [concepts, WidthOf(teacher)], Edit = Set(concepts, $"{teacher.Width}") };
        }
        if (regression.AfterBlock < 0 || regression.AfterBlock >= teacher.Layers)
        {
            yield return TeacherBlock(model, teacher, new Site(model.Type, RegressHiddenStates, nameof(regression.AfterBlock)), regression.AfterBlock);
        }
    }

    private static Violation TeacherBlock(ModelSpec student, ModelSpec teacher, Site site, int block) =>
        Broken(Rule.TeacherBlockOutOfRange, site, student.Type.Name, block, teacher.Type.Name, teacher.Layers, teacher.Layers - 1)
            with { Related = [LayersOf(teacher)], Edit = Set(site, $"{NearestIndex(block, teacher.Layers)}") };

    private static Site WidthOf(ModelSpec model) => new(model.Type, LanguageModel, nameof(model.Width));

    private static Site LayersOf(ModelSpec model) => new(model.Type, Blocks, "Count");

    /// <summary>Parts whose own errors nobody sees here: compiled elsewhere, or written without attributes.</summary>
    private static IEnumerable<Violation> UnusableParts(Declaration declaration) =>
        from use in declaration.Uses
        let part = use.Declaration
        where part.IsReadable && (IsNoBlock(use) || !part.IsReported && !Passes(part))
        select Broken(Rule.UnusablePart, new Site(declaration.Type, use.Attribute, TypeArgument: use.TypeArgument, Index: use.Index),
            declaration.Type.Name, part.Type.Name, WhyUnusable(use, part));

    private static bool IsNoBlock(Use use) => use.Attribute == Blocks && use.Declaration.Spec is not (BlockSpec or ModuleSpec);

    private static string WhyUnusable(Use use, Declaration part) =>
        part.Attributes.Count == 0 ? "it has none of the language's attributes" :
        IsNoBlock(use) ? "a block derives from TransformerBlock, or has [Dims]" :
        part.Spec is ModuleSpec { Methods.Count: 0 } ? "its assembly does not carry its forward pass: compile it with this version of CoCoMix" :
        Violations(part).Select(violation => violation.Message).FirstOrDefault() ?? "its own parts are not sound";

    private static Violation? Size(
        ClassSpec spec, string attribute, string argument, int value, int most = MaxSize, string reason = "", int least = 1, int index = 0) =>
        value >= least && value <= most ? null : OutOfRange(spec, attribute, argument, value, $"from {least} to {most}{reason}", index);

    private static Violation? NotNegative(ClassSpec spec, string attribute, string argument, double value) =>
        value is >= 0 and < double.PositiveInfinity ? null : OutOfRange(spec, attribute, argument, value, "finite and not negative");

    private static Violation OutOfRange(ClassSpec spec, string attribute, string argument, object value, string range, int index = 0) =>
        Broken(Rule.OutOfRange, new Site(spec.Type, attribute, argument, Index: index), argument, attribute, spec.Type.Name, value, range);

    /// <param name="elsewhere">A member that the attribute does not take, and is not suggested.</param>
    private static Violation? Defined<T>(ClassSpec spec, string attribute, string argument, string type, T value, int index = 0, T? elsewhere = null)
        where T : struct, Enum =>
        Enum.IsDefined(typeof(T), value) ? null :
            Broken(Rule.UndefinedValue, new Site(spec.Type, attribute, argument, Index: index), argument, attribute, spec.Type.Name, value,
                Listed(Enum.GetNames(typeof(T)).Where(name => name != $"{elsewhere}").Select(name => $"{type}.{name}"), "or"));

    /// <summary>A size with what fills up its last tile.</summary>
    internal static int Padded(int size) => (size + 63) / 64 * 64;

    private static Edit Set(Site site, string value) => new(EditKind.SetArgument, site, value, $"Set {site.Argument} to {value}");

    private static Edit Added(TypeName type, IReadOnlyList<string> attributes) =>
        new(EditKind.AddAttribute, new(type), string.Join("\n", attributes.Select(Example)), $"Add {Listed(attributes.Select(Example), "and")}");

    private static Edit WithoutAttribute(Site site) => new(EditKind.RemoveAttribute, site, "", $"Remove [{site.Attribute}]");

    private static Violation WithoutAttribute(Violation violation) => violation with { Edit = WithoutAttribute(violation.Site) };

    private static Violation WithoutArgument(Violation violation) =>
        violation with { Edit = new(EditKind.RemoveArgument, violation.Site, "", $"Remove {violation.Site.Argument}") };

    /// <summary>A number as a person types it: <c>50_304</c>.</summary>
    internal static string Number(long value) => value.ToString("N0", System.Globalization.CultureInfo.InvariantCulture).Replace(",", "_");

    private static Violation Broken(Rule rule, Site site, params object[] arguments) => new(rule, site, arguments);

    private static string Listed(IEnumerable<string> items, string conjunction)
    {
        var all = items.ToList();
        return all.Count == 1 ? all[0] : $"{string.Join(", ", all.Take(all.Count - 1))} {conjunction} {all[all.Count - 1]}";
    }
}
