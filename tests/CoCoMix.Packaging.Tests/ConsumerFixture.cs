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
        using CoCoMix.Training;
        using TorchSharp;
        using static TorchSharp.torch;

        manual_seed(0);
        var (student, teacher, sae) = (new MyStudent(), new MyTeacher(), new MySae());
        var ids = randint(0, 64, [4, 16], int64);
        var labels = student.label(ids, teacher, sae);
        var before = student.forward_backward(ids, labels).Total().item<float>();
        using var optimizer = new AdamW(student.weights(), student.Gradients!);
        optimizer.Step(1e-2);
        var after = student.forward_backward(ids, labels).Total().item<float>();
        Console.WriteLine($"{student.Card.Name} trained a step: {(after < before ? "loss fell" : "loss rose")}");

        [PreNorm(Norm.LayerNorm)]
        [CausalSelfAttention(HeadDim = 8)]
        [FeedForward(Expansion = 2)]
        public sealed partial class MyBlock : TransformerBlock;

        [LanguageModel(Vocabulary = 64, Context = 16, Width = 32)]
        [Blocks<MyBlock>(2)]
        public sealed partial class MyTeacher : LanguageModel;

        [SparseAutoencoder(Inputs = 32, Latents = 48, Active = 6)]
        public sealed partial class MySae : SparseAutoencoder;

        [ConceptHead(Concepts = 48, Active = 6)]
        public sealed partial class MyConcepts : ConceptHead;

        [LanguageModel(Vocabulary = 64, Context = 16, Width = 24)]
        [Blocks<MyBlock>(3)]
        [MixConcepts<MyConcepts>(BeforeBlock = 1)]
        [ConceptLabels<MyTeacher, MySae>(AfterBlock = 0)]
        public sealed partial class MyStudent : LanguageModel;
        """;

    /// <summary>A pattern for what the program prints.</summary>
    public const string ProgramPrints = @"^MyStudent trained a step: loss fell\r?$";

    readonly string root = Directory.CreateTempSubdirectory("cocomix-consumer-").FullName;

    /// <summary>Packs CoCoMix and writes the project.</summary>
    public ConsumerFixture()
    {
        Directory.CreateDirectory(Project);
        var pack = Pack("src/CoCoMix");
        if (pack.ExitCode == 0) pack = Pack("src/CoCoMix.Training");
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
                <PackageReference Include="CoCoMix.Training" Version="{Dotnet.VersionOf("CoCoMix")}" />
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

    Outcome Pack(string project) => Dotnet.Run(Dotnet.Repository, $"pack {project} -c {Dotnet.Configuration} --no-build -o \"{root}/feed\"");

    /// <summary>Runs <c>dotnet</c> in the user's project.</summary>
    internal Outcome Run(string arguments) => Dotnet.Run(Project, arguments, Packages);

    /// <summary>The feed and the package cache are too large to leave behind.</summary>
    public void Dispose() => Directory.Delete(root, recursive: true);
}
