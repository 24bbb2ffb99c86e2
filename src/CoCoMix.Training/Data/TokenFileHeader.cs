using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoCoMix.Training;

/// <summary>What a token file holds: the JSON object in <c>train.bin.json</c>, beside <c>train.bin</c>.</summary>
/// <param name="Tokenizer">Name of the encoding, <see cref="BytePairEncoding.Name"/>.</param>
/// <param name="TokenizerHash">Which encoding exactly, <see cref="BytePairEncoding.Hash"/>.</param>
/// <param name="Vocabulary">Ids are below it.</param>
/// <param name="BytesPerToken">Width of a token, 2 or 4.</param>
/// <param name="Tokens">Number of tokens, ends of text included.</param>
/// <param name="Documents">Number of documents; each is followed by an end of text.</param>
/// <param name="Sha256">Of the token file's bytes, in hexadecimal.</param>
public sealed record TokenFileHeader(
    string Tokenizer, string TokenizerHash, int Vocabulary, int BytesPerToken, long Tokens, long Documents, string Sha256)
{
    /// <summary>The version of this format that is written and read here.</summary>
    public const int CurrentFormat = 1;

    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    /// <summary>Version of the format.</summary>
    [JsonPropertyOrder(-1)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>Where the header of a token file is.</summary>
    public static string PathOf(string tokenFile) => tokenFile + ".json";

    /// <summary>Reads the header of a token file; null where it has none, as nanoGPT's.</summary>
    /// <exception cref="InvalidDataException">The header is broken, or of a later format.</exception>
    internal static TokenFileHeader? Read(string tokenFile)
    {
        var path = PathOf(tokenFile);
        if (!File.Exists(path)) return null;
        try
        {
            using var stream = File.OpenRead(path);
            var header = JsonSerializer.Deserialize<TokenFileHeader>(stream, Options) ?? throw new JsonException("it holds null.");
            if (header.Format != CurrentFormat)
                throw new InvalidDataException($"'{path}' has format {header.Format}; this version reads format {CurrentFormat}: make the tokens again.");
            return header.BytesPerToken is 2 or 4
                ? header
                : throw new InvalidDataException($"'{path}' says that a token has {header.BytesPerToken} bytes; it has 2 or 4.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"'{path}' is not the header of a token file: {error.Message}", error);
        }
    }

    internal void Write(string tokenFile) =>
        AtomicFile.Write(PathOf(tokenFile), stream => JsonSerializer.Serialize(stream, this, Options));
}
