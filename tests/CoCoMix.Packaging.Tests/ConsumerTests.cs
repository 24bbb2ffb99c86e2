using System.Diagnostics;
using System.IO.Compression;

namespace CoCoMix.Packaging.Tests;

public class ConsumerTests(ConsumerFixture consumer) : IClassFixture<ConsumerFixture>
{
    const string NativeLibrary = "runtimes/linux-x64/native/libLibTorchSharp.so";

    [Fact]
    public void A_declared_model_builds_and_runs()
    {
        consumer.Build.Succeeded();
        Assert.Matches(ConsumerFixture.ProgramPrints, consumer.Run("bin/Release/net10.0/Consumer.dll").Succeeded());
    }

    [Theory]
    [InlineData("")]
    [InlineData(" --use-current-runtime --no-self-contained")]
    public void A_published_program_runs(string options)
    {
        var folder = Path.Combine("published", options.Length.ToString());
        consumer.Run($"publish -c Release -o {folder}{options}").Succeeded();
        Assert.Matches(ConsumerFixture.ProgramPrints, consumer.Run($"{folder}/Consumer.dll").Succeeded());
        AssertPackageIsAsShipped();
    }

    [Fact]
    public void Building_links_to_libtorch_and_leaves_the_package_as_shipped()
    {
        consumer.Build.Succeeded();
        if (OperatingSystem.IsLinux())
        {
            var output = Path.Combine(consumer.Project, "bin/Release/net10.0/runtimes/linux-x64/native/libtorch_cpu.so");
            Assert.True(Links(output) > 1, $"{output} is a copy.");
        }

        AssertPackageIsAsShipped();
    }

    [Fact]
    public void An_old_compiler_is_one_clear_error()
    {
        var outcome = consumer.Run("build -c Release -p:CompilerApiVersion=roslyn4.8 -p:IntermediateOutputPath=obj/old/");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("error COCOMIX001: ", Assert.Single(outcome.Errors));
    }

    /// <summary>The extracted library equals the one in the package file: no build wrote through a link into the cache.</summary>
    void AssertPackageIsAsShipped()
    {
        var version = Dotnet.VersionOf("TorchSharp");
        var package = Path.Combine(consumer.Packages, "torchsharp", version);
        using var archive = ZipFile.OpenRead(Path.Combine(package, $"torchsharp.{version}.nupkg"));
        using var shipped = new MemoryStream();
        using (var entry = archive.GetEntry(NativeLibrary)!.Open()) entry.CopyTo(shipped);
        Assert.Equal(shipped.ToArray(), File.ReadAllBytes(Path.Combine(package, NativeLibrary)));
    }

    /// <summary>Names the file has on its disk.</summary>
    static long Links(string path)
    {
        using var stat = Process.Start(new ProcessStartInfo("stat", ["-c", "%h", path]) { RedirectStandardOutput = true })!;
        return long.Parse(stat.StandardOutput.ReadToEnd());
    }
}
