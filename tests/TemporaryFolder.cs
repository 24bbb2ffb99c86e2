namespace CoCoMix.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly string path = Directory.CreateTempSubdirectory("cocomix-test-").FullName;

    public string this[string name] => Path.Combine(path, name);

    public IEnumerable<string> Names => Directory.EnumerateFileSystemEntries(path).Select(entry => Path.GetFileName(entry)!).Order();

    public void Dispose() => Directory.Delete(path, recursive: true);
}
