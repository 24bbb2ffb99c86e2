using System.Buffers;
using System.Text.Unicode;

namespace CoCoMix.Training;

/// <summary>
/// Files of plain text in UTF-8: one document, or where there are <c>&lt;|endoftext|&gt;</c> marks those between them. White space around a
/// document is left out.
/// </summary>
internal static class PlainText
{
    private const string Mark = BytePairEncoding.EndOfTextToken;

    // A longer document is given in parts of about this many characters.
    private const int LongestPart = 1 << 18;

    public static IEnumerable<TextPart> Read(string path, int longest = LongestPart)
    {
        using var characters = new Utf8Characters(path);
        var (text, start, begun) = ("", 0, false);
        while (true)
        {
            var end = text.IndexOf(Mark, start, StringComparison.Ordinal);
            if (end < 0 && characters.Next() is { } more)
            {
                (text, start) = (text[start..] + more, 0);
                if (text.Length < longest || text.Contains(Mark, StringComparison.Ordinal)) continue;
                // The mark may have begun within the last characters.
                start = Words.LastBorder(text.AsSpan(0, text.Length - Mark.Length));
                var part = begun ? text[..start] : text[..start].TrimStart();
                if (part.Length > 0) yield return new(part, EndsDocument: false, characters.Bytes);
                begun |= part.Length > 0;
                continue;
            }

            var last = (end < 0 ? text[start..] : text[start..end]).TrimEnd();
            if (!begun) last = last.TrimStart();
            if (begun || last.Length > 0) yield return new(last, EndsDocument: true, characters.Bytes);
            if (end < 0) yield break;
            (start, begun) = (end + Mark.Length, false);
        }
    }

    /// <summary>The characters of a file, piece by piece.</summary>
    private sealed class Utf8Characters(string path) : IDisposable
    {
        private readonly FileStream _file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
        private readonly byte[] _bytes = new byte[1 << 16];
        private readonly char[] _characters = new char[1 << 16];
        private int _held;
        private long _lines;

        public long Bytes { get; private set; }

        /// <summary>The next piece; null at the end.</summary>
        public string? Next()
        {
            var read = _file.Read(_bytes, _held, _bytes.Length - _held);
            var held = _held + read;
            if (held == 0) return null;
            var start = Bytes == 0 && _bytes.AsSpan(0, held).StartsWith("\uFEFF"u8) ? 3 : 0;
            var status = Utf8.ToUtf16(
                _bytes.AsSpan(start, held - start), _characters, out var used, out var written, replaceInvalidSequences: false, isFinalBlock: read == 0);
            var text = _characters.AsSpan(0, written);
            _lines += text.Count('\n');
            if (status == OperationStatus.InvalidData)
                throw new InvalidDataException(
                    $"'{path}', line {_lines + 1}: byte {Bytes + start + used} is 0x{_bytes[start + used]:X2}, which is not UTF-8 there; save the file as UTF-8.");
            Bytes += start + used;
            _held = held - start - used;
            _bytes.AsSpan(start + used, _held).CopyTo(_bytes);
            return text.ToString();
        }

        public void Dispose() => _file.Dispose();
    }
}
