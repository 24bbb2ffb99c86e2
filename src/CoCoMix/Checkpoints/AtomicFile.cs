namespace CoCoMix;

/// <summary>Writes files that are either whole or absent: an interrupted run never leaves half a checkpoint under its name.</summary>
public static class AtomicFile
{
    /// <summary>
    /// Writes a file beside its place (<c>path.tmp</c>), flushes it to the disk and renames it over <paramref name="path"/>.
    /// Missing folders are created. When <paramref name="write"/> throws, an existing file stays as it was.
    /// </summary>
    /// <param name="path">The file to create or replace.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The disk is full, or another process is writing the same file.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        var target = Path.GetFullPath(path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var temporary = target + ".tmp";
        // Other processes that write the same file keep it locked, and theirs must stay: this throws before anything is deleted.
        var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        catch (ArgumentOutOfRangeException error) when (error.ParamName == "value")
        {
            // What .NET makes of EFBIG: FAT32 ends at 4 GB, and a process may have a limit.
            Remove(temporary);
            throw new IOException($"'{target}' would be larger than the file system allows.", error);
        }
        catch
        {
            Remove(temporary);
            throw;
        }
    }

    /// <summary>Removes what was begun; where even that fails, the reason why writing failed says more.</summary>
    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
        }
    }
}
