using System.Text;

namespace CoCoMix.Training;

/// <summary>The text of tokens as they come, cut only between characters.</summary>
public static class TextStream
{
    /// <summary>
    /// The text that each token completes, which may be none: a token can end inside a character, whose first bytes then wait for the next. Joined, the
    /// pieces are the text of all ids at once.
    /// </summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="bytes">The bytes that a token stands for.</param>
    public static IEnumerable<string> Decode(IEnumerable<int> ids, Func<int, byte[]> bytes)
    {
        var decoder = Encoding.UTF8.GetDecoder();
        foreach (var id in ids) yield return Read(bytes(id), flush: false);
        if (Read([], flush: true) is { Length: > 0 } rest) yield return rest;

        string Read(byte[] next, bool flush)
        {
            var chars = new char[decoder.GetCharCount(next, 0, next.Length, flush)];
            decoder.GetChars(next, 0, next.Length, chars, 0, flush);
            return new(chars);
        }
    }
}
