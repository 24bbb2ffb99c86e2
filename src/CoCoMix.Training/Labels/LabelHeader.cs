using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoCoMix.Training;

/// <summary>Where the labels of one concept head come from.</summary>
/// <param name="Sae">The SAE's class.</param>
/// <param name="AfterBlock">Index of the teacher's block after which the SAE reads, from 0.</param>
/// <param name="Count">Labels a token.</param>
/// <param name="Selection">How they are chosen.</param>
/// <param name="SaeHash">Hash of the SAE's weights; null where a reader does not have them.</param>
public sealed record LabelHead(string Sae, int AfterBlock, int Count, Selection Selection, string? SaeHash);

/// <summary>What a label file holds: the JSON object in <c>labels.bin.json</c>, beside <c>labels.bin</c>.</summary>
public sealed record LabelHeader
{
    /// <summary>The version of the format that this code writes and reads.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Version of the format.</summary>
    public required int Format { get; init; }

    /// <summary>The teacher's class.</summary>
    public required string Teacher { get; init; }

    /// <summary>Hash of the teacher's weights; null where a reader does not have them.</summary>
    public string? TeacherHash { get; init; }

    /// <summary>The type that the teacher computed in.</summary>
    public string? Precision { get; init; }

    /// <summary>One entry for each concept head, in the order of their labels.</summary>
    public required IReadOnlyList<LabelHead> Heads { get; init; }

    /// <summary>Tokens in a window; windows begin at its multiples.</summary>
    public required int WindowLength { get; init; }

    /// <summary>Windows that were extracted together.</summary>
    public int? Batch { get; init; }

    /// <summary>Tokens in the token file.</summary>
    public required long Tokens { get; init; }

    /// <summary>SHA-256 of the token file's bytes.</summary>
    public required string TokenHash { get; init; }

    /// <summary>Bytes of a label: 2, or 4 where an SAE has more than 65,535 latents; the largest number stands for no label.</summary>
    public required int LabelBytes { get; init; }

    /// <summary>Windows whose labels are in the file, safely on the disk.</summary>
    public required long Done { get; init; }

    /// <summary>Windows of the token file; a last part shorter than a window has no labels.</summary>
    [JsonIgnore]
    public long Windows => Tokens / WindowLength;

    /// <summary>Bytes of a window's labels.</summary>
    [JsonIgnore]
    public long WindowBytes => (long)WindowLength * Heads.Sum(head => head.Count) * LabelBytes;

    /// <summary>The header of a student's labels as far as its declaration says, nothing done yet.</summary>
    /// <exception cref="ArgumentException">The student declares no labels, or the token file is shorter than a window.</exception>
    public static LabelHeader Of(LanguageModel student, TokenFile tokens, int length)
    {
        if (student.SaeTypes.Count == 0)
            throw new ArgumentException($"{student.GetType().Name} declares no concept labels: name a model with [ConceptLabels].");
        if (tokens.Count < length)
            throw new ArgumentException($"'{tokens.Path}' has {tokens.Count} tokens, fewer than one window of {length}: give more text or a shorter window.");
        return new()
        {
            Format = CurrentFormat,
            Teacher = student.TeacherType!.FullName!,
            Heads = [.. Declared(student)],
            WindowLength = length,
            Tokens = tokens.Count,
            TokenHash = ContentHash.Of(tokens),
            LabelBytes = student.ConceptHeads.Max(head => head.Concepts) > ushort.MaxValue ? 4 : 2,
            Done = 0,
        };
    }

    /// <summary>The header of the labels that a teacher makes, nothing done yet.</summary>
    /// <param name="labels">The teacher and its SAEs.</param>
    /// <param name="tokens">The token file.</param>
    /// <param name="length">Tokens in a window.</param>
    /// <param name="batch">Windows at a time.</param>
    /// <exception cref="ArgumentException">The student declares no labels, or the token file is shorter than a window.</exception>
    public static LabelHeader Of(TeacherLabels labels, TokenFile tokens, int length, int batch)
    {
        var header = Of(labels.Student, tokens, length);
        return header with
        {
            TeacherHash = labels.TeacherHash,
            Precision = (labels.Teacher.Precision ?? labels.Teacher.weights()[0].dtype).ToString(),
            Heads = [.. header.Heads.Zip(labels.SaeHashes, (head, hash) => head with { SaeHash = hash })],
            Batch = batch,
        };
    }

    /// <summary>Where the header of a label file is.</summary>
    public static string PathOf(string labelFile) => labelFile + ".json";

    /// <summary>Reads the header of a label file.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="InvalidDataException">It is broken, or of another format.</exception>
    public static LabelHeader Read(string labelFile)
    {
        var path = PathOf(labelFile);
        LabelHeader header;
        try
        {
            header = JsonSerializer.Deserialize<LabelHeader>(File.ReadAllBytes(path), Json) ?? throw new JsonException("it is null.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not the header of a label file: {error.Message}", error);
        }
        if (header.Format != CurrentFormat)
            throw new InvalidDataException($"'{path}' has format {header.Format}; this version reads format {CurrentFormat}: extract the labels again.");
        if (header.WindowLength < 1 || header.Heads.Count == 0 || header.Heads.Any(head => head.Count < 1) || header.LabelBytes is not (2 or 4)
            || header.Done < 0 || header.Done > header.Windows)
            throw new InvalidDataException($"'{path}' is not the header of a label file: its numbers contradict each other.");
        return header;
    }

    internal void Write(string labelFile) => AtomicFile.Write(PathOf(labelFile), stream => JsonSerializer.Serialize(stream, this, Json));

    /// <summary>Checks that labels were made as wanted; what the other side does not know is not compared.</summary>
    /// <param name="wanted">What they should be.</param>
    /// <param name="path">The label file, for the message.</param>
    /// <exception cref="InvalidDataException">They were not; the message says the first difference.</exception>
    public void Require(LabelHeader wanted, string path)
    {
        foreach (var (what, ours, theirs) in Facts().Zip(wanted.Facts(), (a, b) => (a.What, a.Value, b.Value)))
            if (theirs is not null && ours != theirs)
                throw new InvalidDataException(
                    $"'{path}' was made with {what} {ours}, not {theirs}: give the one that it was made with, or extract the labels to another file.");
    }

    private IEnumerable<(string What, string? Value)> Facts() =>
    [
        ("teacher", Teacher),
        ("teacher weights of hash", TeacherHash),
        ("precision", Precision),
        ("token file of hash", TokenHash),
        ("tokens", $"{Tokens}"),
        ("window length", $"{WindowLength}"),
        ("concept heads", $"{Heads.Count}"),
        .. Heads.SelectMany((head, i) => ((string, string?)[])
        [
            ($"SAE {i}", head.Sae),
            ($"weights of SAE {i} of hash", head.SaeHash),
            ($"AfterBlock of SAE {i}", $"{head.AfterBlock}"),
            ($"Count of SAE {i}", $"{head.Count}"),
            ($"Selection of SAE {i}", $"{head.Selection}"),
        ]),
        ("bytes a label", $"{LabelBytes}"),
        ("batch", Batch?.ToString()),
    ];

    /// <summary>What the student's <c>[ConceptLabels]</c> say, in their order.</summary>
    internal static IEnumerable<LabelHead> Declared(LanguageModel student) =>
        from attribute in student.GetType().GetCustomAttributes(inherit: false)
        let type = attribute.GetType()
        where type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ConceptLabelsAttribute<,>)
        select new LabelHead(type.GetGenericArguments()[1].FullName!, Value<int>(attribute, "AfterBlock"), Value<int>(attribute, "Count"),
            Value<Selection>(attribute, "Selection"), SaeHash: null);

    private static T Value<T>(object attribute, string property) => (T)attribute.GetType().GetProperty(property)!.GetValue(attribute)!;
}
