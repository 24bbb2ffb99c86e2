namespace CoCoMix.Packaging.Tests;

public class BackendTests
{
    const string Project = "samples/QuickStart/QuickStart.csproj";

    [Theory]
    [InlineData("", "libtorch-cpu-")]
    [InlineData("-p:TorchBackend=cpu ", "libtorch-cpu-")]
    [InlineData("-p:TorchBackend=cuda ", "TorchSharp-cuda-")]
    public void The_backend_property_chooses_one_native_package(string property, string expected)
    {
        var references = Dotnet.Run(Dotnet.Repository, $"msbuild {Project} {property}-getItem:PackageReference").Succeeded();
        var natives = references.Split('\n').Where(line => line.Contains("\"Identity\": \"libtorch-") || line.Contains("\"Identity\": \"TorchSharp-"));
        Assert.Contains($"\"{expected}", Assert.Single(natives));
    }

    [Theory]
    [InlineData("restore")]
    [InlineData("build --no-restore")]
    public void Another_backend_is_one_clear_error(string command)
    {
        var outcome = Dotnet.Run(Dotnet.Repository, $"{command} {Project} -p:TorchBackend=bogus");
        Assert.NotEqual(0, outcome.ExitCode);
        Assert.Contains("error TORCH001: TorchBackend must be cpu or cuda, not 'bogus'.", Assert.Single(outcome.Errors));
    }
}
