using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace CoCoMix.Training;

/// <summary>
/// Byte-level byte-pair encoding as GPT-2's: 256 tokens for the bytes, one for each merge, and <c>&lt;|endoftext|&gt;</c>. Any text has an
/// encoding, and decoding gives it back. Files are Hugging Face's <c>vocab.json</c> and <c>merges.txt</c>, so GPT-2's own can be loaded too.
/// May be used from several threads.
/// </summary>
public sealed class BytePairEncoding
{
    /// <summary>The token between documents. In text, these characters are encoded like any others.</summary>
    public const string EndOfTextToken = "<|endoftext|>";

    private readonly string[] _tokens;
    private readonly byte[][] _bytes;
    private readonly string[] _merges;
    private readonly BpeTokenizer _tokenizer;

    private BytePairEncoding(string[] tokens, string[] merges)
    {
        _tokens = tokens;
        _merges = merges;
        EndOfText = Array.IndexOf(tokens, EndOfTextToken);
        _bytes = [.. tokens.Select(token => ByteLevel.BytesOf(token) ?? Encoding.UTF8.GetBytes(token))];
        _tokenizer = BpeTokenizer.Create(new BpeOptions(tokens.Select((token, id) => KeyValuePair.Create(token, id)))
        {
            Merges = merges,
            ByteLevel = true,
            PreTokenizer = new RegexPreTokenizer(ByteLevel.Words, specialTokens: null),
        });
    }

    /// <summary>Number of tokens: ids run from 0 to <c>Vocabulary - 1</c>.</summary>
    public int Vocabulary => _tokens.Length;

    /// <summary>Id of the token between documents; the last one in vocabularies trained here.</summary>
    public int EndOfText { get; }

    /// <summary>Learns a vocabulary from text. The result depends on the text alone, not on the order of documents.</summary>
    /// <param name="documents">The text, read once.</param>
    /// <param name="vocabulary">Number of tokens, <see cref="EndOfText"/> included: at least 257.</param>
    /// <param name="progress">Told the part of the merges that is done, 0 to 1.</param>
    /// <param name="cancellation">Stops the training.</param>
    /// <exception cref="ArgumentException">The vocabulary is too small for the bytes, or too large for the text.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static BytePairEncoding Train(
        IEnumerable<string> documents, int vocabulary, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (vocabulary < 257)
            throw new ArgumentException(
                $"A vocabulary of {vocabulary} cannot hold the 256 bytes and {EndOfTextToken}: it takes at least 257.", nameof(vocabulary));
        var learned = BytePairTrainer.Train(ByteLevel.CountWords(documents, cancellation), vocabulary - 257, progress, cancellation);
        if (learned.Count < vocabulary - 257)
            throw new ArgumentException(
                $"The text has merges for a vocabulary of {learned.Count + 257} only, not {vocabulary}: " +
                "give more text or ask for a smaller vocabulary.");
        var tokens = ByteLevel.Order.Select(b => ByteLevel.CharOf[b].ToString()).ToList();
        foreach (var (left, right) in learned) tokens.Add(tokens[left] + tokens[right]);
        return new([.. tokens, EndOfTextToken], [.. learned.Select(pair => $"{tokens[pair.Left]} {tokens[pair.Right]}")]);
    }

    /// <summary>Loads <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <param name="folder">The folder that holds both.</param>
    /// <exception cref="FileNotFoundException">One of them is missing.</exception>
    /// <exception cref="InvalidDataException">They are not a byte-level vocabulary with <c>&lt;|endoftext|&gt;</c>.</exception>
    public static BytePairEncoding Load(string folder)
    {
        var (vocabFile, mergesFile) = (Path.Combine(folder, "vocab.json"), Path.Combine(folder, "merges.txt"));
        var ids = ReadVocabulary(vocabFile);
        var tokens = new string?[ids.Count];
        foreach (var (token, id) in ids)
        {
            if (id < 0 || id >= tokens.Length || tokens[id] is not null)
                throw new InvalidDataException(
                    $"'{vocabFile}' gives '{token}' the id {id}; its {ids.Count} tokens must have the ids 0 to {ids.Count - 1}, once each.");
            tokens[id] = token;
        }

        foreach (var token in ByteLevel.CharOf.Select(c => c.ToString()).Append(EndOfTextToken))
            if (!ids.ContainsKey(token))
                throw new InvalidDataException(
                    $"'{vocabFile}' lacks the token '{token}'; a byte-level vocabulary has all 256 bytes and {EndOfTextToken}.");

        string[] merges = [.. File.ReadLines(mergesFile).Where(line => line.Length > 0 && !line.StartsWith("#version:", StringComparison.Ordinal))];
        foreach (var merge in merges)
            if (merge.Split(' ') is not [var left, var right] || !ids.ContainsKey(left) || !ids.ContainsKey(right) || !ids.ContainsKey(left + right))
                throw new InvalidDataException(
                    $"'{mergesFile}' has the line '{merge}'; a merge is two tokens of '{vocabFile}' with a space between, and joined they are a token too.");
        return new(tokens!, merges);
    }

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <param name="folder">The folder for both; created where needed.</param>
    public void Save(string folder)
    {
        AtomicFile.Write(Path.Combine(folder, "vocab.json"), stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
            json.WriteStartObject();
            for (int id = 0; id < _tokens.Length; id++) json.WriteNumber(_tokens[id], id);
            json.WriteEndObject();
        });
        AtomicFile.Write(Path.Combine(folder, "merges.txt"), stream =>
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(_merges.Prepend("#version: 0.2").Select(line => line + "\n")))));
    }

    /// <summary>The ids of a text. Of half surrogate pairs, which no valid text has, the decoder makes U+FFFD.</summary>
    public IReadOnlyList<int> Encode(string text) => _tokenizer.EncodeToIds(text);

    /// <summary>The ids of documents, in order, each followed by <see cref="EndOfText"/>; encoded as they are read.</summary>
    public IEnumerable<int> EncodeDocuments(IEnumerable<string> documents) => documents.SelectMany(text => Encode(text).Append(EndOfText));

    /// <summary>The text of ids. Bytes that are not UTF-8, as where a character is cut, become U+FFFD.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An id is not of this vocabulary.</exception>
    public string Decode(IEnumerable<int> ids) => Encoding.UTF8.GetString([.. ids.SelectMany(id => Bytes(id).ToArray())]);

    /// <summary>The bytes that a token stands for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The id is not of this vocabulary.</exception>
    public ReadOnlySpan<byte> Bytes(int id) => id >= 0 && id < _bytes.Length
        ? _bytes[id]
        : throw new ArgumentOutOfRangeException(nameof(id), $"Token id {id} is outside the vocabulary of {Vocabulary}.");

    private static Dictionary<string, int> ReadVocabulary(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(path)) ?? throw new JsonException("it holds null.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not a JSON object from tokens to ids: {error.Message}", error);
        }
    }
}
