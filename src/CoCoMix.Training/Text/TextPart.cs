namespace CoCoMix.Training;

/// <summary>
/// A document, or of a long one a part. Parts are cut between words, so that their ids, one after the other, are the ids of the document.
/// </summary>
/// <param name="Text">The text; not empty, but where it ends a document whose parts came before.</param>
/// <param name="EndsDocument">Whether the document ends here.</param>
/// <param name="Bytes">Bytes of all files that were read up to here.</param>
public readonly record struct TextPart(string Text, bool EndsDocument, long Bytes);
