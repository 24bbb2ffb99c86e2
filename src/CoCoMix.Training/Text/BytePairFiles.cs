using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CoCoMix.Training;

/// <summary>
/// Hugging Face's files of a byte-level vocabulary: <c>vocab.json</c> (tokens and ids) with <c>merges.txt</c>, or both and how text is cut in
/// <c>tokenizer.json</c>.
/// </summary>
internal static class BytePairFiles
{
    // Tokens are Latin letters and the like; as escapes nobody could read them.
    private static readonly JavaScriptEncoder Readable = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static bool AreIn(string folder) => File.Exists(TokenizerIn(folder)) || (File.Exists(VocabularyIn(folder)) && File.Exists(MergesIn(folder)));

    public static (string[] Tokens, string[] Merges) Read(string path)
    {
        if (!Directory.Exists(path)) return ReadTokenizer(path);
        if (File.Exists(TokenizerIn(path))) return ReadTokenizer(TokenizerIn(path));
        if (!AreIn(path))
            throw new FileNotFoundException($"'{path}' holds no tokenizer: it has neither tokenizer.json nor both of vocab.json and merges.txt.");
        var (vocabulary, merges) = (VocabularyIn(path), MergesIn(path));
        var ids = Parse(vocabulary, node => Ids(node.AsObject()));
        return (InOrder(vocabulary, ids), CheckMerges(merges, ids, [.. File.ReadLines(merges).Where(line => line.Length > 0 && !IsVersion(line))]));
    }

    /// <summary>Writes <c>vocab.json</c> and <c>merges.txt</c> into a folder.</summary>
    public static void Write(string folder, string[] tokens, string[] merges)
    {
        WriteJson(VocabularyIn(folder), json => WriteIds(json, tokens));
        AtomicFile.Write(MergesIn(folder), stream =>
            stream.Write(Encoding.UTF8.GetBytes(string.Concat(merges.Prepend("#version: 0.2").Select(line => line + "\n")))));
    }

    /// <summary>Writes <c>tokenizer.json</c>, for Hugging Face's <c>PreTrainedTokenizerFast</c>.</summary>
    public static void WriteTokenizer(string path, string[] tokens, string[] merges) => WriteJson(path, json =>
    {
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteNull("truncation");
        json.WriteNull("padding");
        json.WriteStartArray("added_tokens");
        json.WriteStartObject();
        json.WriteNumber("id", Array.IndexOf(tokens, BytePairEncoding.EndOfTextToken));
        json.WriteString("content", BytePairEncoding.EndOfTextToken);
        foreach (var property in (string[])["single_word", "lstrip", "rstrip", "normalized"]) json.WriteBoolean(property, false);
        json.WriteBoolean("special", true);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteNull("normalizer");
        WriteByteLevel(json, "pre_tokenizer");
        WriteByteLevel(json, "post_processor");
        WriteByteLevel(json, "decoder");
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        foreach (var property in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"]) json.WriteNull(property);
        foreach (var property in (string[])["fuse_unk", "byte_fallback", "ignore_merges"]) json.WriteBoolean(property, false);
        json.WritePropertyName("vocab");
        WriteIds(json, tokens);
        json.WriteStartArray("merges");
        foreach (var merge in merges) json.WriteStringValue(merge);
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private static void WriteByteLevel(Utf8JsonWriter json, string property)
    {
        json.WriteStartObject(property);
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteBoolean("trim_offsets", true);
        json.WriteBoolean("use_regex", true);
        json.WriteEndObject();
    }

    private static void WriteIds(Utf8JsonWriter json, string[] tokens)
    {
        json.WriteStartObject();
        for (int id = 0; id < tokens.Length; id++) json.WriteNumber(tokens[id], id);
        json.WriteEndObject();
    }

    private static void WriteJson(string path, Action<Utf8JsonWriter> write) => AtomicFile.Write(path, stream =>
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = Readable });
        write(json);
    });

    private static (string[] Tokens, string[] Merges) ReadTokenizer(string path) => Parse(path, root =>
    {
        var model = root["model"]!;
        Require(path, "model.type", model["type"], "BPE");
        Require(path, "normalizer", root["normalizer"], null);
        Require(path, "pre_tokenizer.type", root["pre_tokenizer"]?["type"], "ByteLevel");
        Require(path, "pre_tokenizer.add_prefix_space", root["pre_tokenizer"]!["add_prefix_space"], false);
        Require(path, "pre_tokenizer.use_regex", root["pre_tokenizer"]!["use_regex"] ?? true, true);
        Require(path, "model.ignore_merges", model["ignore_merges"] ?? false, false);
        Require(path, "model.continuing_subword_prefix", model["continuing_subword_prefix"] ?? "", "");
        Require(path, "model.end_of_word_suffix", model["end_of_word_suffix"] ?? "", "");

        var ids = Ids(model["vocab"]!.AsObject());
        foreach (var added in root["added_tokens"]?.AsArray() ?? []) ids[added!["content"]!.GetValue<string>()] = added["id"]!.GetValue<int>();
        // Newer files have each merge as an array of two.
        string[] merges = [.. model["merges"]!.AsArray().Select(merge => merge is JsonArray pair
            ? string.Join(' ', pair.Select(token => token!.GetValue<string>()))
            : merge!.GetValue<string>())];
        return (InOrder(path, ids), CheckMerges(path, ids, merges));
    });

    /// <summary>Text is cut here as GPT-2 cuts it; a file that says otherwise would be read wrongly.</summary>
    private static void Require(string path, string property, JsonNode? found, JsonNode? expected)
    {
        if (!JsonNode.DeepEquals(found, expected))
            throw new InvalidDataException(
                $"'{path}' has {property} = {found?.ToJsonString() ?? "null"}: only byte-level BPE as GPT-2's is read, with {expected?.ToJsonString() ?? "null"} there.");
    }

    private static T Parse<T>(string path, Func<JsonNode, T> read)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return read(JsonNode.Parse(stream) ?? throw new JsonException("it holds null."));
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"'{path}' is not a tokenizer's JSON object, or lacks a part of it: {error.Message}", error);
        }
    }

    private static Dictionary<string, int> Ids(JsonObject vocabulary) =>
        vocabulary.Select(entry => KeyValuePair.Create(entry.Key, entry.Value!.GetValue<int>())).ToDictionary();

    private static string[] InOrder(string path, Dictionary<string, int> ids)
    {
        var tokens = new string?[ids.Count];
        foreach (var (token, id) in ids)
        {
            if (id < 0 || id >= tokens.Length || tokens[id] is not null)
                throw new InvalidDataException(
                    $"'{path}' gives '{token}' the id {id}; its {ids.Count} tokens must have the ids 0 to {ids.Count - 1}, once each.");
            tokens[id] = token;
        }

        foreach (var token in ByteLevel.CharOf.Select(c => c.ToString()).Append(BytePairEncoding.EndOfTextToken))
            if (!ids.ContainsKey(token))
                throw new InvalidDataException(
                    $"'{path}' lacks the token '{token}'; a byte-level vocabulary has all 256 bytes and {BytePairEncoding.EndOfTextToken}.");
        return tokens!;
    }

    private static string[] CheckMerges(string path, Dictionary<string, int> ids, string[] merges)
    {
        foreach (var merge in merges)
            if (merge.Split(' ') is not [var left, var right] || !ids.ContainsKey(left) || !ids.ContainsKey(right) || !ids.ContainsKey(left + right))
                throw new InvalidDataException(
                    $"'{path}' has the merge '{merge}'; a merge is two tokens of the vocabulary with a space between, and joined they are a token too.");
        return merges;
    }

    private static string TokenizerIn(string folder) => Path.Combine(folder, "tokenizer.json");

    private static string VocabularyIn(string folder) => Path.Combine(folder, "vocab.json");

    private static string MergesIn(string folder) => Path.Combine(folder, "merges.txt");

    private static bool IsVersion(string line) => line.StartsWith("#version:", StringComparison.Ordinal);
}
