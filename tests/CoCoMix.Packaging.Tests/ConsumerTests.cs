using System.Diagnostics;
using System.IO.Compression;
using System.Reflection.Metadata;

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

    /// <summary>One would free numbers that TorchSharp has just handed to libtorch.</summary>
    [Fact]
    public void No_garbage_collection_runs_in_the_background()
    {
        consumer.Build.Succeeded();
        Assert.Contains("\"System.GC.Concurrent\": false", File.ReadAllText(Path.Combine(consumer.Project, "bin/Release/net10.0/Consumer.runtimeconfig.json")));
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
    public void A_debugger_steps_into_generated_code_whose_source_it_has()
    {
        consumer.Build.Succeeded();
        using var file = File.OpenRead(Path.Combine(consumer.Project, "obj/Release/net10.0/Consumer.pdb"));
        using var provider = MetadataReaderProvider.FromPortablePdbStream(file);
        var pdb = provider.GetMetadataReader();
        var document = Assert.Single(pdb.Documents, document => pdb.GetString(pdb.GetDocument(document).Name).EndsWith("MyStudent.g.cs", StringComparison.Ordinal));
        Assert.Contains(pdb.GetCustomDebugInformation(document), info => pdb.GetGuid(pdb.GetCustomDebugInformation(info).Kind) == EmbeddedSource);
        var steps = pdb.MethodDebugInformation.Select(pdb.GetMethodDebugInformation).Where(method => method.Document == document)
            .SelectMany(method => method.GetSequencePoints()).Count(point => !point.IsHidden);
        Assert.True(steps > 100, $"{steps} places to stop at");
    }

    /// <summary>The kind of debug information that is a file's text.</summary>
    static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

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
