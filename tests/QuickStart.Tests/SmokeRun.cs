using CoCoMix.Tests;

namespace QuickStart.Tests;

/// <summary>Text, and one smoke run on it that several tests look at.</summary>
public sealed class SmokeRun : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public SmokeRun()
    {
        Text = GeneratedText.Write(_folder["text"]);
        Ended = Run(Folder, seed: 1);
    }

    /// <summary>The folder of text.</summary>
    public string Text { get; }

    /// <summary>Where the run wrote.</summary>
    public string Folder => _folder["seed 1"];

    internal Ended Ended { get; }

    /// <summary>A new place for another run.</summary>
    public string NewFolder(string name) => _folder[name];

    /// <summary>Another smoke run on the same text.</summary>
    internal Ended Run(string folder, int seed) => Tool.Run("samples/QuickStart", ["--smoke", "--text", Text, "--out", folder, "--seed", $"{seed}"]);

    public void Dispose() => _folder.Dispose();
}
