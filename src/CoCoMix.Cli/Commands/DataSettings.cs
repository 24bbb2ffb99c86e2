using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using CoCoMix.Cli.Settings;
using CoCoMix.Training;

namespace CoCoMix.Cli.Commands;

/// <summary>The settings of <c>cocomix data</c>.</summary>
internal sealed record DataSettings : ICommandSettings
{
    [Positional, Required, Description("Files of text (.txt, .md, .jsonl, .parquet), and folders of such.")]
    public string[] Text { get; init; } = [];

    [ValueName("folder"), Description("Where train.bin, val.bin, their headers and tokenizer.json go.")]
    public string Out { get; init; } = "data";

    [ValueName("name"), Description("The field of a JSON line, or column of a Parquet file, that holds the text.")]
    public string Field { get; init; } = TextSource.DefaultField;

    [ValueName("gpt2|folder"), Description("GPT-2's tokenizer, or a tokenizer.json or folder in Hugging Face's format; by default gpt2.")]
    public string? Tokenizer { get; init; }

    [Range(257, int.MaxValue), Description("Trains a byte-level BPE of this many tokens on the text, in the place of a tokenizer that exists.")]
    public int? Vocabulary { get; init; }

    [ValueName("path"), Description("Files or folders of text for val.bin, in the place of a share of the documents.")]
    public string[] Validation { get; init; } = [];

    [Range(0.0, 1.0, MaximumIsExclusive = true), Description("The share of the documents that goes to val.bin; 0 writes none. By default 0.0005.")]
    public double? ValidationShare { get; init; }

    [Description("Another seed, other documents in val.bin.")]
    public ulong Seed { get; init; } = new PreparationOptions().Seed;

    [Range(1, 1_024), Description("Threads that encode, by default one a core; the files do not depend on it.")]
    public int? Threads { get; init; }

    public string? Contradiction =>
        Tokenizer is not null && Vocabulary is not null ? "--tokenizer takes a tokenizer that exists, and --vocabulary trains one: give one of the two."
        : Validation is not [] && ValidationShare is not null ? "--validation and --validation-share both say what goes to val.bin: give one of the two."
        : null;
}
