using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace CoCoMix.Training;

/// <summary>
/// Byte-level byte-pair encoding: GPT-2's own, or one trained here in its likeness, with 256 tokens for the bytes, one for each merge, and
/// <c>&lt;|endoftext|&gt;</c>. Any text has an encoding, and decoding gives it back. Files are Hugging Face's. May be used from several threads.
/// </summary>
public sealed class BytePairEncoding
{
    /// <summary>The token between documents. In text, these characters are encoded like any others.</summary>
    public const string EndOfTextToken = "<|endoftext|>";

    private static readonly Lazy<BytePairEncoding> LazyGpt2 = new(() =>
    {
        var (tokens, merges) = Gpt2Vocabulary.Read();
        return new(tokens, merges);
    });

    private readonly string[] _tokens;
    private readonly byte[][] _bytes;
    private readonly string[] _merges;
    private readonly BpeTokenizer _tokenizer;
    private readonly Lazy<string> _hash;
    // One for each thread that encodes at the same time: text repeats its words, so most are merged once only.
    private readonly ConcurrentBag<WordCache> _caches = [];

    private BytePairEncoding(string[] tokens, string[] merges)
    {
        _tokens = tokens;
        _merges = merges;
        EndOfText = Array.IndexOf(tokens, EndOfTextToken);
        _bytes = [.. tokens.Select(token => ByteLevel.BytesOf(token) ?? Encoding.UTF8.GetBytes(token))];
        _tokenizer = BpeTokenizer.Create(new BpeOptions(tokens.Select((token, id) => KeyValuePair.Create(token, id))) { Merges = merges, ByteLevel = true });
        _hash = new(() => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [.. tokens, .. merges])))));
    }

    /// <summary>GPT-2's encoding: 50,257 tokens, <see cref="EndOfText"/> is 50,256. It comes with the package; nothing is downloaded.</summary>
    public static BytePairEncoding Gpt2 => LazyGpt2.Value;

    /// <summary>Number of tokens: ids run from 0 to <c>Vocabulary - 1</c>.</summary>
    public int Vocabulary => _tokens.Length;

    /// <summary>Id of the token between documents; the last one in GPT-2's vocabulary and in those trained here.</summary>
    public int EndOfText { get; }

    /// <summary>What people call it: <c>gpt2</c>, or <c>bpe-1024</c> for another of 1,024 tokens. <see cref="Hash"/> tells those apart.</summary>
    public string Name => Vocabulary == 50_257 && Hash == Gpt2.Hash ? "gpt2" : $"bpe-{Vocabulary}";

    /// <summary>SHA-256 of tokens and merges, in hexadecimal: encodings with the same hash give every text the same ids.</summary>
    public string Hash => _hash.Value;

    /// <summary>Learns a vocabulary from text. The result depends on the text alone, not on the order of documents.</summary>
    /// <param name="documents">The text, read once, by one thread at a time.</param>
    /// <param name="vocabulary">Number of tokens, <see cref="EndOfText"/> included: at least 257.</param>
    /// <param name="progress">Told the part of the merges that is done, 0 to 1.</param>
    /// <param name="cancellation">Stops the training.</param>
    /// <exception cref="ArgumentException">The vocabulary is too small for the bytes, or too large for the text.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked to stop.</exception>
    public static BytePairEncoding Train(
        IEnumerable<string> documents, int vocabulary, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        if (vocabulary < 257)
            throw new ArgumentException($"A vocabulary of {vocabulary} cannot hold the 256 bytes and {EndOfTextToken}: it takes at least 257.");
        var learned = BytePairTrainer.Train(WordCounts.Of(documents, cancellation), vocabulary - 257, progress, cancellation);
        if (learned.Count < vocabulary - 257)
            throw new ArgumentException(
                $"The text has merges for a vocabulary of {learned.Count + 257} only, not {vocabulary}: " +
                "give more text or ask for a smaller vocabulary.");
        var tokens = ByteLevel.Order.Select(b => ByteLevel.CharOf[b].ToString()).ToList();
        foreach (var (left, right) in learned) tokens.Add(tokens[left] + tokens[right]);
        return new([.. tokens, EndOfTextToken], [.. learned.Select(pair => $"{tokens[pair.Left]} {tokens[pair.Right]}")]);
    }

    /// <summary>Loads a vocabulary in Hugging Face's format.</summary>
    /// <param name="path">A <c>tokenizer.json</c>, or a folder with that or with <c>vocab.json</c> and <c>merges.txt</c>.</param>
    /// <exception cref="FileNotFoundException">There are no such files.</exception>
    /// <exception cref="InvalidDataException">They are not a byte-level vocabulary with <c>&lt;|endoftext|&gt;</c>.</exception>
    public static BytePairEncoding Load(string path)
    {
        var (tokens, merges) = BytePairFiles.Read(path);
        return new(tokens, merges);
    }

    /// <summary>Loads the vocabulary that lies in a folder, as beside prepared data; null where there is none.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="InvalidDataException">There is one, but not a byte-level vocabulary with <c>&lt;|endoftext|&gt;</c>.</exception>
    public static BytePairEncoding? Find(string folder) => BytePairFiles.AreIn(folder) ? Load(folder) : null;

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c>.</summary>
    /// <param name="folder">The folder for both; created where needed.</param>
    public void Save(string folder) => BytePairFiles.Write(folder, _tokens, _merges);

    /// <summary>Writes a <c>tokenizer.json</c>, which holds all in one file.</summary>
    /// <param name="path">The file to create or replace.</param>
    public void SaveTokenizer(string path) => BytePairFiles.WriteTokenizer(path, _tokens, _merges);

    /// <summary>The ids of a text. Half surrogate pairs, which no valid text has, are encoded as U+FFFD.</summary>
    public IReadOnlyList<int> Encode(string text)
    {
        var ids = new List<int>(text.Length / 3 + 1);
        Encode(text, ids);
        return ids;
    }

    /// <summary>Adds the ids of a text to a list.</summary>
    public void Encode(ReadOnlySpan<char> text, List<int> ids)
    {
        if (!_caches.TryTake(out var cache)) cache = new(_tokenizer);
        while (!text.IsEmpty)
        {
            var length = Words.First(text);
            ids.AddRange(cache.Ids(text[..length]));
            text = text[length..];
        }

        _caches.Add(cache);
    }

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

    /// <summary>The ids of words that were met before.</summary>
    private sealed class WordCache(BpeTokenizer tokenizer)
    {
        private const int LongestWord = 48;
        private const int Capacity = 1 << 17;

        private readonly Dictionary<string, int[]> _ids = [];

        public ReadOnlySpan<int> Ids(ReadOnlySpan<char> word)
        {
            if (word.Length > LongestWord) return Merge(word);
            var bySpan = _ids.GetAlternateLookup<ReadOnlySpan<char>>();
            if (bySpan.TryGetValue(word, out var known)) return known;
            if (_ids.Count == Capacity) _ids.Clear();
            return bySpan[word] = Merge(word);
        }

        private int[] Merge(ReadOnlySpan<char> word) => [.. tokenizer.EncodeToIds(word, considerPreTokenization: false)];
    }
}
