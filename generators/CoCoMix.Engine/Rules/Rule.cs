namespace CoCoMix.Engine.Rules;

/// <summary>How much a broken rule matters: an error leaves a declaration without code.</summary>
public enum Severity { Info, Warning, Error }

/// <summary>
/// What a declaration must satisfy, or should. A message says what is wrong, between which values, and what would be right.
/// </summary>
public sealed record Rule(string Id, string Category, string Title, string MessageFormat)
{
    private const string Declaration = "CoCoMix.Declaration";
    private const string Shape = "CoCoMix.Shape";
    private const string Composition = "CoCoMix.Composition";
    private const string Code = "CoCoMix.Code";
    private const string Cost = "CoCoMix.Cost";

    public Severity Severity { get; init; } = Severity.Error;

    /// <summary>Whether it is about the code of classes, not about attributes alone.</summary>
    public bool IsAboutCode => Category == Code || this == StreamTooLong;

    public static readonly Rule NotPartial = new("CCM1001", Declaration,
        "A declared class is partial",
        "'{0}' is not partial, so no code can be generated for it: declare it as 'partial class {0}'");

    public static readonly Rule WrongBase = new("CCM1002", Declaration,
        "An attribute stands on a class with its base class",
        "[{0}] describes a {1}, but '{2}' derives from {3}: derive '{2}' directly from {1}, or remove [{0}]");

    public static readonly Rule MissingPart = new("CCM1003", Declaration,
        "A declaration has all its parts",
        "'{0}' is a {1} without {2}: add {3}");

    public static readonly Rule OutOfRange = new("CCM1004", Declaration,
        "A value is in its range",
        "{0} of [{1}] on '{2}' is {3}: it must be {4}");

    public static readonly Rule LabelsWithoutMixing = new("CCM1005", Declaration,
        "Concept labels have a concept head to learn them",
        "'{0}' has [ConceptLabels] but no concept head that learns them: add [MixConcepts<THead>], or remove [ConceptLabels]");

    public static readonly Rule UnsupportedForm = new("CCM1006", Declaration,
        "A declared class is a plain top-level class",
        "'{0}' is {1}: a declaration must be a top-level class that is neither generic, abstract nor file-local");

    public static readonly Rule UndefinedValue = new("CCM1007", Declaration,
        "An option is one of its enum's members",
        "{0} of [{1}] on '{2}' is {3}, which names nothing: write {4}");

    public static readonly Rule ConflictingMember = new("CCM1008", Declaration,
        "A declared class leaves the generated members to the generator",
        "'{0}' declares {1}, which the generator writes from the attributes: remove it, or remove the attributes");

    public static readonly Rule TwoNorms = new("CCM1011", Declaration,
        "A block has its norms before or after, not both",
        "'{0}' has both [PreNorm] and [PostNorm]: keep the one that says where its norms stand");

    public static readonly Rule ParallelWithPostNorm = new("CCM1012", Declaration,
        "A parallel block is a pre-norm block",
        "'{0}' has [Parallel] with [PostNorm], but the parts of a parallel block share one norm in front: use [PreNorm], or remove [Parallel]");

    public static readonly Rule IgnoredSetting = new("CCM1021", Declaration,
        "A setting of an autoencoder is one that its kind has",
        "{0} of [SparseAutoencoder] on '{1}' does nothing, because Kind is SaeKind.{2}: remove {0}, or set Kind to {3}");

    public static readonly Rule NoneInBlock = new("CCM1041", Declaration,
        "A block normalises",
        "Norm of [{0}] on '{1}' is Norm.None, which only [FinalNorm] takes: write Norm.LayerNorm or Norm.RmsNorm");

    public static readonly Rule HeadsDoNotDivide = new("CCM2001", Shape,
        "Attention heads divide the model's width",
        "{0} = {1} of '{2}' does not divide Width = {3} of '{4}': the nearest {0} that would is {5}");

    public static readonly Rule HeadsAndHeadDim = new("CCM2002", Shape,
        "Attention states either Heads or HeadDim",
        "[CausalSelfAttention] on '{0}' states {1}: state one of them, and the model's width gives the other");

    public static readonly Rule SharedHeadsDoNotDivide = new("CCM2011", Shape,
        "Heads of keys and values divide the heads of queries",
        "KeyValueHeads = {0} of '{1}' does not divide its {2} heads{3}: the nearest KeyValueHeads that would is {4}");

    public static readonly Rule OddRotaryHeads = new("CCM2012", Shape,
        "Rotary positions turn heads of an even width",
        "'{0}' has Positions.Rotary, which turns pairs of numbers, but the heads of '{1}' have an odd width of {2}: use heads of an even width, or other positions");

    public static readonly Rule InsertionOutOfRange = new("CCM3001", Composition,
        "Concepts and pause tokens enter before one of the model's blocks",
        "'{0}' {1} before block {2}, but it has {3} blocks: BeforeBlock must be from 0 to {4}");

    public static readonly Rule TooManyActive = new("CCM3002", Composition,
        "No more concepts are active than there are",
        "Active = {0} of '{1}' is more than its {2} = {3}: Active must be from 1 to {3}");

    public static readonly Rule ConceptsDiffer = new("CCM3003", Composition,
        "The concept head scores the concepts of the label autoencoder",
        "'{0}' mixes '{1}' with Concepts = {2}, but its labels come from '{3}' with Latents = {4}: set Concepts of '{1}' to {4}, or use an autoencoder with {2} latents");

    public static readonly Rule SaeDoesNotFitTeacher = new("CCM3004", Composition,
        "The label autoencoder reads hidden states of the teacher's width",
        "'{0}' reads Inputs = {1}, but hidden states of the teacher '{2}' have Width = {3}: use an autoencoder with Inputs = {3}, or a teacher of width {1}");

    public static readonly Rule TeacherBlockOutOfRange = new("CCM3005", Composition,
        "A teacher is read after one of its blocks",
        "'{0}' reads its teacher after block {1}, but '{2}' has {3} blocks: AfterBlock must be from 0 to {4}");

    public static readonly Rule TooManyLabels = new("CCM3006", Composition,
        "No more labels are chosen than latents are active",
        "'{0}' wants Count = {1} labels per position, but '{2}' keeps Active = {3} latents: Count must be from 1 to {3}");

    public static readonly Rule VocabulariesDiffer = new("CCM3007", Composition,
        "Teacher and student read the same tokens",
        "The teacher '{0}' has Vocabulary = {1}, but '{2}' has Vocabulary = {3}: both must be the same, but for padding to a multiple of 64, because the teacher reads the student's tokens");

    public static readonly Rule TeacherContextTooShort = new("CCM3008", Composition,
        "The teacher reads sequences as long as the student's",
        "The teacher '{0}' has Context = {1}, but '{2}' has Context = {3}: use a teacher with a Context of {3} or more, or set Context of '{2}' to at most {1}");

    public static readonly Rule UnusablePart = new("CCM3009", Composition,
        "A model is made of sound declarations",
        "'{0}' cannot be built from '{1}': {2}");

    public static readonly Rule TeacherNotPlain = new("CCM3010", Composition,
        "The teacher is a plain language model",
        "The teacher '{0}' of '{1}' has [{2}] itself: use a teacher without [MixConcepts], [PauseToken] and [ConceptLabels], whose positions are the student's tokens");

    public static readonly Rule InsertionsAtOneBlock = new("CCM3031", Composition,
        "Concepts and pause tokens enter before a block of their own",
        "'{0}' has {1} before block {2}: give each a BeforeBlock of its own, because which enters first would be unclear");

    public static readonly Rule LabelsForSomeHeads = new("CCM3032", Composition,
        "All concept heads have labels, or none has",
        "'{0}' has {1} [ConceptLabels] for {2} [MixConcepts]: the n-th labels teach the n-th concept head, so write {2} [ConceptLabels], or none");

    public static readonly Rule TeachersDiffer = new("CCM3033", Composition,
        "A model learns from one teacher",
        "'{0}' learns from the teachers '{1}' and '{2}': name one teacher in all of its attributes");

    public static readonly Rule CrossAttentionWithoutHeads = new("CCM3034", Composition,
        "Concepts are attended to with the heads of the blocks",
        "'{0}' attends to concepts with as many heads as its blocks, but '{1}' states none: choose another Mixing, or a block with [CausalSelfAttention]");

    public static readonly Rule LossOnlyWithoutLabels = new("CCM3035", Composition,
        "A concept head whose concepts enter nowhere has labels",
        "'{0}' lets the concepts of '{1}' enter nowhere and has no labels for them, so the head would do nothing: add [ConceptLabels<TTeacher, TSae>], or choose another Mixing");

    public static readonly Rule DistilledVocabulariesDiffer = new("CCM3041", Composition,
        "A distilled teacher has the student's vocabulary",
        "'{0}' distils '{1}', whose Vocabulary is {2} and not {3}: distillation compares all logits of the two, so set the vocabularies to the same size");

    public static readonly Rule RegressionWithoutHead = new("CCM3042", Composition,
        "Hidden states are regressed by the only concept head",
        "'{0}' regresses hidden states with {1} [MixConcepts] and {2} [ConceptLabels]: its only concept head predicts them, so write one [MixConcepts] and no [ConceptLabels]");

    public static readonly Rule RegressionWidthsDiffer = new("CCM3043", Composition,
        "The concept head predicts hidden states of the teacher's width",
        "'{0}' regresses hidden states of '{1}', whose Width is {2}, with '{3}', whose Concepts is {4}: set Concepts of '{3}' to {2}");

    public static readonly Rule DimsNotNames = new("CCM4001", Code,
        "Dimensions are names",
        "'{0}' names its dimensions '{1}': write names with commas between them, none twice and none of them B, T or a keyword of C#, as in \"D, H\"");

    public static readonly Rule BadSignature = new("CCM4002", Code,
        "A layer's sizes are in the class's dimensions",
        "[{0}] on '{1}': {2}");

    public static readonly Rule WrongField = new("CCM4003", Code,
        "A field has the type that its attribute describes",
        "[{0}] stands on a field of type {1}, but '{2}' has type {3}: change the field's type, or its attribute");

    public static readonly Rule NoForward = new("CCM4004", Code,
        "A class with dimensions has a forward pass",
        "'{0}' has [Dims] but no forward pass: override forward, or remove [Dims]");

    public static readonly Rule NotInLanguage = new("CCM4005", Code,
        "A forward pass is written in what can be compiled",
        "In '{0}', {1}");

    public static readonly Rule ShapesDoNotFit = new("CCM4006", Code,
        "Shapes fit in a forward pass",
        "In '{0}', {1}");

    public static readonly Rule DimsUnbound = new("CCM4007", Code,
        "A model gives a value to each of its block's dimensions",
        "In '{0}', {1}");

    public static readonly Rule BlockDoesNotFit = new("CCM4008", Code,
        "A block with code of its own fits its model",
        "'{0}' does not fit '{1}', where {2}: {3}");

    public static readonly Rule TwoAttentions = new("CCM4009", Code,
        "A block has one attention",
        "'{0}' has both [CausalSelfAttention] and [Attention]: keep one of them");

    public static readonly Rule EagerElsewhere = new("CCM4010", Code,
        "Blocks and their parts may stay eager",
        "'{0}' is [Eager], or has a field that is, which only blocks and the parts of blocks can: remove [Eager]");

    public static readonly Rule TooManyPrefixes = new("CCM3021", Composition,
        "The smallest nested dictionary has a latent",
        "'{0}' halves its Latents = {1} for Prefixes = {2} nested dictionaries, which leaves the smallest without a latent: Prefixes must be from 1 to {3}");

    public static readonly Rule StreamTooLong = new("CCM3011", Composition,
        "A block's positions reach as far as the stream",
        "'{0}' runs '{1}' on up to {2} positions{3}, but {4} of them are taken here from an axis of {5}: give the axis {2}, or shorten Context of '{0}' to at most {6}");

    public static readonly Rule ContainsItself = new("CCM4011", Code,
        "A class is not made of itself",
        "'{0}' of '{1}' makes '{1}' contain itself ({2}): no such module could be built, so name another class");

    public static readonly Rule InnerSizesDiffer = new("CCM4021", Code,
        "Inner sizes of a product agree",
        "In '{0}', {1}");

    public static readonly Rule DoesNotBroadcast = new("CCM4022", Code,
        "Operands broadcast",
        "In '{0}', {1}");

    public static readonly Rule ElementsDiffer = new("CCM4023", Code,
        "A reshape keeps the number of elements",
        "In '{0}', {1}");

    public static readonly Rule NoSuchAxis = new("CCM4024", Code,
        "An axis is one of the tensor's",
        "In '{0}', {1}");

    public static readonly Rule ElementTypesMixed = new("CCM4025", Code,
        "Numbers, indices and booleans stay apart",
        "In '{0}', {1}");

    public static readonly Rule WrongResult = new("CCM4026", Code,
        "A forward pass returns what its place expects",
        "In '{0}', {1}");

    public static readonly Rule NoGradientDefined = new("CCM4027", Code,
        "Gradients flow back through a forward pass",
        "In '{0}', {1}");

    public static readonly Rule SoftmaxOverBatch = new("CCM4101", Code,
        "A softmax stays within an example",
        "In '{0}', {1} normalises axis {2} of {3}, which is the batch, so that the examples of a batch change each other: take one of its own axes, such as the last, -1")
        { Severity = Severity.Warning };

    public static readonly Rule LogOfSoftmax = new("CCM4102", Code,
        "The logarithm of a softmax is log_softmax",
        "In '{0}', log of a softmax of {1} is -infinity where a probability rounds to 0, and has no gradient there: write log_softmax")
        { Severity = Severity.Warning };

    public static readonly Rule SoftmaxOverOtherAxis = new("CCM4103", Code,
        "A softmax normalises what a product sums over",
        "In '{0}', the softmax normalises axis {1} of {2}, but the product with {3} sums over axis {4}, where the weights then do not add up to 1: take the softmax over -1")
        { Severity = Severity.Warning };

    public static readonly Rule UnusedLayer = new("CCM4104", Code,
        "A layer is used",
        "'{0}' of '{1}' is a [{2}] that {3} never uses: use it, or remove the field")
        { Severity = Severity.Warning };

    public static readonly Rule NoGradient = new("CCM4105", Code,
        "A parameter gets a gradient",
        "'{0}' of '{1}' is a [{2}] that no gradient reaches, so it never learns: let {3} carry it to the result without detach(), comparisons or indices in between")
        { Severity = Severity.Warning };

    public static readonly Rule ReshapeMovesAxis = new("CCM4106", Code,
        "A reshape leaves batch and positions where they are",
        "In '{0}', this reshape of {1} to {2} cuts anew through {3}, which stands behind other axes than before, so that {4} are mixed up: bring {3} to its place first, with transpose or permute")
        { Severity = Severity.Warning };

    public static readonly Rule OverBudget = new("CCM5001", Cost,
        "A model keeps its memory budget",
        "'{0}' needs {1} GiB for steps of {2} tokens, more than its budget of {3} GiB: {4} GiB for weights, gradients and moments, {5} GiB for activations in float32; {6}")
        { Severity = Severity.Warning };

    public static readonly Rule WastesTensorCores = new("CCM5002", Cost,
        "Large sizes are multiples of 8",
        "{0} = {1} of '{2}' is no multiple of 8, which leaves tensor cores idle in its matrix products: {3} would be one")
        { Severity = Severity.Info };

    public static IReadOnlyList<Rule> All { get; } =
    [
        NotPartial, WrongBase, MissingPart, OutOfRange, LabelsWithoutMixing, UnsupportedForm, UndefinedValue, ConflictingMember,
        TwoNorms, ParallelWithPostNorm, IgnoredSetting, NoneInBlock,
        HeadsDoNotDivide, HeadsAndHeadDim, SharedHeadsDoNotDivide, OddRotaryHeads,
        InsertionOutOfRange, TooManyActive, ConceptsDiffer, SaeDoesNotFitTeacher, TeacherBlockOutOfRange, TooManyLabels,
        VocabulariesDiffer, TeacherContextTooShort, UnusablePart, TeacherNotPlain, StreamTooLong, TooManyPrefixes,
        InsertionsAtOneBlock, LabelsForSomeHeads, TeachersDiffer, CrossAttentionWithoutHeads, LossOnlyWithoutLabels, DistilledVocabulariesDiffer, RegressionWithoutHead, RegressionWidthsDiffer,
        DimsNotNames, BadSignature, WrongField, NoForward, NotInLanguage, ShapesDoNotFit, DimsUnbound, BlockDoesNotFit, TwoAttentions, EagerElsewhere,
        ContainsItself, InnerSizesDiffer, DoesNotBroadcast, ElementsDiffer, NoSuchAxis, ElementTypesMixed, WrongResult, NoGradientDefined,
        SoftmaxOverBatch, LogOfSoftmax, SoftmaxOverOtherAxis, UnusedLayer, NoGradient, ReshapeMovesAxis,
        OverBudget, WastesTensorCores,
    ];
}
