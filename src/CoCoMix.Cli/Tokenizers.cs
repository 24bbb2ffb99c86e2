using CoCoMix.Training;

namespace CoCoMix.Cli;

/// <summary>The tokenizers that models were trained with.</summary>
internal static class Tokenizers
{
    /// <summary>What a model was trained with: GPT-2's where nobody names another.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name"><c>gpt2</c>, a <c>tokenizer.json</c>, or a folder.</param>
    /// <exception cref="InvalidDataException">It is no tokenizer, or has another vocabulary than the model.</exception>
    public static BytePairEncoding For(LanguageModel model, string? name)
    {
        var tokenizer = name is null or "gpt2" ? BytePairEncoding.Gpt2 : BytePairEncoding.Load(name);
        if (tokenizer.Vocabulary == model.Card.Vocabulary) return tokenizer;
        var without = name is null ? "--tokenizer is missing: GPT-2's tokenizer" : $"The tokenizer '{name}'";
        throw new InvalidDataException(
            $"{without} has {tokenizer.Vocabulary} tokens and {model.GetName()} a vocabulary of {model.Card.Vocabulary}: give the tokenizer that it was trained with.");
    }
}
