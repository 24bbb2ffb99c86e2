using System.Text.Json;
using System.Text.Json.Serialization;

namespace CoCoMix.Training;

/// <summary>
/// Appends measurements to a file, one JSON object a line. Each line reaches the operating system before <see cref="Append"/> returns, so a
/// killed run loses at most the line it was writing.
/// </summary>
public sealed class MetricsLog : IDisposable
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // A loss that became NaN is worth reading in the log; plain JSON has no word for it.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    private readonly FileStream _stream;

    /// <summary>Opens a log, creating it and its folder where needed. A last line that an earlier run left unfinished is removed.</summary>
    /// <exception cref="IOException">Another process is writing the same log.</exception>
    public MetricsLog(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        var end = _stream.Length;
        while (end > 0 && ByteAt(end - 1) != '\n') end--;
        _stream.SetLength(end);
        _stream.Position = end;
    }

    /// <summary>Appends one line.</summary>
    /// <param name="measurements">Its public properties become the line: <c>new { step, loss }</c>.</param>
    /// <exception cref="IOException">The line cannot be written; those before are whole.</exception>
    public void Append(object measurements)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(measurements, Format), (byte)'\n'];
        var end = _stream.Position;
        try
        {
            _stream.Write(line);
        }
        catch (IOException)
        {
            // A full disk may have taken a part of it.
            _stream.SetLength(end);
            throw;
        }
    }

    /// <summary>Removes the lines from the first on whose <c>step</c> is after this one, or that is damaged: a resumed run writes them again.</summary>
    public void CutAfter(long step)
    {
        _stream.Position = 0;
        using var reader = new StreamReader(_stream, leaveOpen: true);
        var end = 0L;
        while (reader.ReadLine() is { } line && StepOf(line) <= step) end += System.Text.Encoding.UTF8.GetByteCount(line) + 1;
        _stream.SetLength(end);
        _stream.Position = end;
    }

    /// <summary>Reads a log, also while it is being written. A last line that is not finished is left out.</summary>
    /// <typeparam name="T">A type with properties of the line's names; lines may lack some and have others.</typeparam>
    /// <exception cref="InvalidDataException">A line in the middle is not such an object.</exception>
    public static IReadOnlyList<T> Read<T>(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        var lines = reader.ReadToEnd().Split('\n');
        var finished = new List<T>(lines.Length);
        for (int i = 0; i < lines.Length - 1; i++)
        {
            try
            {
                finished.Add(JsonSerializer.Deserialize<T>(lines[i], Format)!);
            }
            catch (JsonException error)
            {
                throw new InvalidDataException($"'{path}', line {i + 1}, is not a JSON object of measurements: {error.Message}", error);
            }
        }

        return finished;
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private sealed record Stepped(long Step);

    private static long StepOf(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<Stepped>(line, Format)?.Step ?? long.MaxValue;
        }
        catch (JsonException)
        {
            return long.MaxValue;
        }
    }

    private int ByteAt(long position)
    {
        _stream.Position = position;
        return _stream.ReadByte();
    }
}
