using System.Diagnostics;
using CoCoMix.Training;

namespace CoCoMix.Benchmarks;

/// <summary>How fast text is read, tokenizers are trained on it, and it is encoded.</summary>
internal static class DataBenchmark
{
    public static int Run(string? text, int[] vocabularies, int rounds)
    {
        var folder = Directory.CreateTempSubdirectory("cocomix-data-").FullName;
        try
        {
            text ??= WriteSdkDocumentation(Path.Combine(folder, "sdk.txt"));
            var source = new TextSource([text]);
            Console.WriteLine($"{source.Bytes / 1e6:F1} MB of text, {rounds} rounds; MB/s");
            Time("read", () =>
            {
                foreach (var _ in source.Read()) { }
            });
            var gpt2 = BytePairEncoding.Gpt2;
            Encode("gpt2", gpt2);
            foreach (var vocabulary in vocabularies)
            {
                BytePairEncoding? trained = null;
                Time($"train bpe-{vocabulary}", () => trained = BytePairEncoding.Train(source.Read().Select(part => part.Text), vocabulary));
                Encode($"bpe-{vocabulary}", trained!);
            }

            Console.WriteLine($"peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
            return 0;

            void Encode(string name, BytePairEncoding tokenizer)
            {
                foreach (var threads in new[] { 1, Environment.ProcessorCount }.Distinct())
                    Time($"encode {name}, {threads} threads", () =>
                        Preparation.Run(source, tokenizer, Path.Combine(folder, "out"), new() { ValidationShare = 0, Threads = threads }));
            }

            void Time(string what, Action work)
            {
                var speeds = Enumerable.Range(0, rounds).Select(_ =>
                {
                    var clock = Stopwatch.StartNew();
                    work();
                    return source.Bytes / 1e6 / clock.Elapsed.TotalSeconds;
                }).ToList();
                Console.WriteLine($"  {what,-28} {Timings.Describe(speeds)}");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string WriteSdkDocumentation(string path)
    {
        File.WriteAllText(path, string.Join($"\n{BytePairEncoding.EndOfTextToken}\n", Corpus.Read()));
        return path;
    }
}
