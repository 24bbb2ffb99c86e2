namespace CoCoMix.Tests;

/// <summary>The files of tests/golden, read where they lie in the repository.</summary>
internal static class Golden
{
    public static string Folder { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    public static string File(string name) => Path.Combine(Folder, name);

    private static string Find(DirectoryInfo? folder) =>
        folder is null ? throw new DirectoryNotFoundException("No tests/golden above the test's own folder.")
        : Directory.Exists(Path.Combine(folder.FullName, "tests", "golden")) ? Path.Combine(folder.FullName, "tests", "golden")
        : Find(folder.Parent);
}
