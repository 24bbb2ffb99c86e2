using CoCoMix.Tests;

namespace CoCoMix.Training.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_run_and_one_process_a_folder()
    {
        Assert.Contains("no run to resume", Assert.Throws<InvalidDataException>(() => RunFolder.Resume(_folder["run"])).Message);
        Assert.False(Directory.Exists(_folder["run"]));
        using (RunFolder.Create(_folder["run"]))
            Assert.Contains("Another process", Assert.Throws<IOException>(() => RunFolder.Create(_folder["run"])).Message);
        File.WriteAllText(_folder["run/config.yaml"], "");

        Assert.Contains("is a run", Assert.Throws<InvalidDataException>(() => RunFolder.Create(_folder["run"])).Message);
        RunFolder.Resume(_folder["run"]).Dispose();
    }

    [Fact]
    public void Lines_after_a_step_are_cut()
    {
        using (var log = new MetricsLog(_folder["m.jsonl"]))
            foreach (var step in (int[])[1, 2, 3, 5, 8]) log.Append(new { step, name = "é" });
        File.AppendAllText(_folder["m.jsonl"], "{\"step\":9");
        using (var log = new MetricsLog(_folder["m.jsonl"]))
        {
            log.CutAfter(4);
            log.Append(new { step = 6 });
        }

        Assert.Equal(["{\"step\":1,\"name\":\"\\u00E9\"}", "{\"step\":2,\"name\":\"\\u00E9\"}", "{\"step\":3,\"name\":\"\\u00E9\"}", "{\"step\":6}"], File.ReadAllLines(_folder["m.jsonl"]));
    }
}
