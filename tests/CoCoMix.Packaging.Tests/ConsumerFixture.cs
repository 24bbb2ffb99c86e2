namespace CoCoMix.Packaging.Tests;

/// <summary>
/// A user's project outside the repository: the packed CoCoMix from a folder feed, everything else from the machine's own
/// package sources, and a package cache that starts empty.
/// </summary>
public sealed class ConsumerFixture : IDisposable
{
    /// <summary>What the user writes. Its one line of output is <see cref="ProgramPrints"/>.</summary>
    const string ProgramText = """
        using CoCoMix;
        using static TorchSharp.torch;

        Console.WriteLine($"sum {ones(2).sum().item<float>()}");

        [CausalSelfAttention(HeadDim = 8)]
        [PreNorm(Norm.LayerNorm)]
        [FeedForward]
        public sealed partial class MyBlock : TransformerBlock;
        """;

    /// <summary>A pattern for what the program prints.</summary>
    public const string ProgramPrints = @"^sum 2\r?$";

    readonly string root = Directory.CreateTempSubdirectory("cocomix-consumer-").FullName;

    /// <summary>Packs CoCoMix and writes the project.</summary>
    public ConsumerFixture()
    {
        Directory.CreateDirectory(Project);
        var pack = Dotnet.Run(Dotnet.Repository, $"pack src/CoCoMix -c {Dotnet.Configuration} --no-build -o \"{root}/feed\"");
        File.WriteAllText(Path.Combine(Project, "nuget.config"), """
            <configuration>
              <packageSources><add key="packed" value="../feed" /></packageSources>
            </configuration>
            """);
        File.WriteAllText(Path.Combine(Project, "Consumer.csproj"), $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="CoCoMix" Version="{Dotnet.VersionOf("CoCoMix")}" />
                <PackageReference Include="{LibTorch}" Version="{Dotnet.VersionOf("LibTorch")}" />
              </ItemGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(Project, "Program.cs"), ProgramText);
        Build = pack.ExitCode == 0 ? Run("build -c Release") : pack;
    }

    /// <summary>The folder of the user's project.</summary>
    public string Project => Path.Combine(root, "consumer");

    /// <summary>The package cache, used by this project alone.</summary>
    public string Packages => Path.Combine(root, "packages");

    /// <summary>The first build, from an empty package cache; or the packing, if that failed.</summary>
    internal Outcome Build { get; }

    /// <summary>The package that brings libtorch to this machine.</summary>
    static string LibTorch =>
        OperatingSystem.IsWindows() ? "libtorch-cpu-win-x64" : OperatingSystem.IsMacOS() ? "libtorch-cpu-osx-arm64" : "libtorch-cpu-linux-x64";

    /// <summary>Runs <c>dotnet</c> in the user's project.</summary>
    internal Outcome Run(string arguments) => Dotnet.Run(Project, arguments, Packages);

    /// <summary>The feed and the package cache are too large to leave behind.</summary>
    public void Dispose() => Directory.Delete(root, recursive: true);
}
