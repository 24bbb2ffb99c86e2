using CoCoMix.Tests;

namespace CoCoMix.Cli.Tests;

/// <summary>Weights of others in and out, with the real tool on files that PyTorch wrote.</summary>
public sealed class ImportExportTests : IDisposable
{
    private static readonly string Here = typeof(ImportExportTests).Assembly.Location;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_GPT2_goes_in_out_and_in_again_with_the_same_bytes()
    {
        Assert.Equal(
            $"{folder["a.safetensors"]}: GoldenGpt2, 24,816 parameters, from {Golden.File("pytorch_model.bin")} with the names of Hugging Face's GPT-2.",
            Succeeded(Import(Golden.File("pytorch_model.bin"), "GoldenGpt2", "a.safetensors")));
        Succeeded(Import(Golden.File("pytorch_model_hub_legacy.bin"), "GoldenGpt2", "b.safetensors"));
        Assert.Equal(File.ReadAllBytes(folder["a.safetensors"]), File.ReadAllBytes(folder["b.safetensors"]));

        Assert.Equal($"{folder["out"]}: GoldenGpt2, 24,816 parameters, with the names of Hugging Face's GPT-2.", Succeeded(Export("a.safetensors", "GoldenGpt2")));
        Succeeded(Import(folder["out"], "GoldenGpt2", "c.safetensors"));

        Assert.Equal(["config.json", "model.safetensors"], Directory.EnumerateFiles(folder["out"]).Select(Path.GetFileName).Order());
        Assert.Equal(File.ReadAllBytes(folder["a.safetensors"]), File.ReadAllBytes(folder["c.safetensors"]));
    }

    [Fact]
    public void An_SAE_goes_from_OpenAI_to_SAELens_and_back_with_the_same_bytes()
    {
        Assert.Contains("3,160 parameters, from ", Succeeded(Import(Golden.File("sae.pt"), "GoldenSae", "a.safetensors")));
        Assert.EndsWith("with the names of SAELens.", Succeeded(Export("a.safetensors", "GoldenSae")));
        Succeeded(Import(folder["out"], "GoldenSae", "b.safetensors"));

        Assert.Equal(["cfg.json", "sae_weights.safetensors"], Directory.EnumerateFiles(folder["out"]).Select(Path.GetFileName).Order());
        Assert.Equal(File.ReadAllBytes(folder["a.safetensors"]), File.ReadAllBytes(folder["b.safetensors"]));
    }

    [Fact]
    public void What_does_not_fit_is_one_sentence_and_writes_nothing()
    {
        var sae = Import(Golden.File("sae.pt"), "GoldenGpt2", "a.safetensors");
        Assert.Equal((1, ""), (sae.ExitCode, sae.Output));
        Assert.StartsWith($"'{Golden.File("sae.pt")}' does not fit GoldenGpt2: transformer.wte.weight is missing; ", sae.Error);
        Assert.Contains("transformer.encoder.weight is unexpected", sae.Error);

        File.WriteAllBytes(folder["cut.bin"], File.ReadAllBytes(Golden.File("pytorch_model_hub_legacy.bin"))[..^1]);
        Assert.Contains("is cut short", Import(folder["cut.bin"], "GoldenGpt2", "a.safetensors").Error);
        Assert.Equal($"There is no file '{folder["none"]}'.{Environment.NewLine}", Import(folder["none"], "GoldenGpt2", "a.safetensors").Error);
        Assert.Equal($"There is no model or SAE 'GoldenGtp2': the nearest name is 'GoldenGpt2'.{Environment.NewLine}", Import(folder["none"], "GoldenGtp2", "a.safetensors").Error);
        Assert.False(File.Exists(folder["a.safetensors"]));
    }

    [Fact]
    public void A_model_that_is_no_GPT2_is_not_exported()
    {
        Succeeded(Import(Golden.File("sae.pt"), "GoldenSae", "a.safetensors"));
        var ended = Export("a.safetensors", "Alone");
        Assert.Equal((1, ""), (ended.ExitCode, ended.Output));
        Assert.Contains("biases", ended.Error);
        Assert.False(Directory.Exists(folder["out"]));
    }

    private Ended Import(string from, string model, string to) => Cocomix.Run(["import", model, "--from", from, "--assembly", Here, "--out", folder[to]]);

    private Ended Export(string from, string model) => Cocomix.Run(["export", model, "--weights", folder[from], "--assembly", Here, "--out", folder["out"]]);

    private static string Succeeded(Ended ended)
    {
        Assert.Equal((0, ""), (ended.ExitCode, ended.Error));
        return ended.Output.TrimEnd();
    }
}
