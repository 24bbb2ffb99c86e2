using CoCoMix.Models;
using CoCoMix.Tests;
using CoCoMix.Training;
using TorchSharp;

namespace CoCoMix.Cli.Tests;

/// <summary>Files of the quick start's models, with weights as they are drawn but larger, so that not all tokens are as likely; for all tests of a class.</summary>
public sealed class TinyFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TinyFiles()
    {
        var random = new SplitMix64(1);
        string Word() => string.Concat(Enumerable.Range(0, 1 + (int)random.Below(3)).Select(_ => $"{"bcdfgklmnprst"[(int)random.Below(13)]}{"aeiouéø"[(int)random.Below(7)]}"));
        var text = string.Join(' ', Enumerable.Range(0, 6_000).Select(_ => Word()));
        Tokenizer = BytePairEncoding.Train([text], 1_024);
        Tokenizer.Save(Folder);
        TokenFile.Write(Data, Tokenizer.Encode(text).Take(1_500));
        torch.manual_seed(1);
        using var student = new TinyCoCoMix();
        using var teacher = new TinyTeacher();
        using var sae = new TinySae();
        using (torch.no_grad())
            foreach (var parameter in student.parameters()) parameter.mul_(3);
        Checkpoint.Save(student, Student);
        Checkpoint.Save(teacher, Teacher);
        Checkpoint.Save(sae, Sae);
    }

    public BytePairEncoding Tokenizer { get; }

    public string Folder => _folder["tokenizer"];

    public string Data => _folder["val.bin"];

    public string Student => _folder["student.safetensors"];

    public string Teacher => _folder["teacher.safetensors"];

    public string Sae => _folder["sae.safetensors"];

    public void Dispose() => _folder.Dispose();
}
