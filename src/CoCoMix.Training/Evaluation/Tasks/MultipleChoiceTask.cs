using System.Text.RegularExpressions;

namespace CoCoMix.Training;

/// <summary>Questions with choices, of which the likeliest is the model's answer; the first of equal ones.</summary>
/// <param name="Name">lm-evaluation-harness's name.</param>
/// <param name="Question">A record's question.</param>
/// <param name="Normalizes">Whether accuracy by likelihood a character is reported too.</param>
internal sealed partial record MultipleChoiceTask(string Name, Func<DataRecord, MultipleChoiceQuestion> Question, bool Normalizes) : ZeroShotTask(Name)
{
    internal static new IReadOnlyList<MultipleChoiceTask> All { get; } =
    [
        new("hellaswag", HellaSwag, Normalizes: true),
        new("piqa", Piqa, Normalizes: true),
        new("social_iqa", SocialIqa, Normalizes: false),
        new("arc_easy", Arc, Normalizes: true),
        new("winogrande", WinoGrande, Normalizes: false),
    ];

    internal override TaskDocument Read(DataRecord record, BytePairEncoding tokenizer, int length)
    {
        var question = Question(record);
        var requests = question.Choices.Select(choice => LikelihoodRequest.Of(tokenizer, choice.Context, " " + choice.Continuation)).ToList();
        var characters = question.Choices.Select(choice => PythonText.Length(choice.Continuation)).ToList();
        return new(requests, answers =>
        [
            new(Metric.Accuracy, Largest(answers.Select(answer => answer.Log)) == question.Right ? 1 : 0),
            .. Normalizes
                ? (Measured[])[new(Metric.NormalizedAccuracy, Largest(answers.Zip(characters, (answer, count) => answer.Log / count)) == question.Right ? 1 : 0)]
                : [],
            new(Metric.Nll, -answers[question.Right].Log),
        ]);
    }

    private static int Largest(IEnumerable<double> values) => values.Index().MaxBy(value => value.Item).Index;

    /// <summary>Fields: <c>activity_label</c>, <c>ctx_a</c>, <c>ctx_b</c>, <c>endings</c>, <c>label</c>.</summary>
    private static MultipleChoiceQuestion HellaSwag(DataRecord record)
    {
        var context = WikiHow($"{record.Text("activity_label")}: {record.Text("ctx_a")} {PythonText.Capitalize(record.Text("ctx_b"))}");
        var endings = record.Texts("endings").Select(WikiHow).ToList();
        return MultipleChoiceQuestion.Of(context, endings, record.Choice("label", endings.Count));
    }

    /// <summary>Fields: <c>goal</c>, <c>sol1</c>, <c>sol2</c>, <c>label</c>.</summary>
    private static MultipleChoiceQuestion Piqa(DataRecord record) =>
        MultipleChoiceQuestion.Of($"Question: {record.Text("goal")}\nAnswer:", [record.Text("sol1"), record.Text("sol2")], record.Choice("label", 2));

    /// <summary>Fields: <c>context</c>, <c>question</c>, <c>answerA</c>, <c>answerB</c>, <c>answerC</c>, <c>label</c> from 1 on.</summary>
    private static MultipleChoiceQuestion SocialIqa(DataRecord record) => MultipleChoiceQuestion.Of(
        $"Q: {record.Text("context")} {record.Text("question")}\nA:", [record.Text("answerA"), record.Text("answerB"), record.Text("answerC")], record.Choice("label", 3, first: 1));

    /// <summary>Fields: <c>question</c>, <c>choices</c> with <c>text</c> and <c>label</c>, <c>answerKey</c>, one of the labels.</summary>
    private static MultipleChoiceQuestion Arc(DataRecord record)
    {
        var choices = record.Record("choices");
        var (texts, labels, key) = (choices.Texts("text"), choices.Texts("label").ToList(), record.Text("answerKey"));
        if (texts.Count != labels.Count) throw new InvalidDataException($"{choices.Where}: there are {texts.Count} texts and {labels.Count} labels; each choice must have both.");
        return labels.IndexOf(key) is >= 0 and var right
            ? MultipleChoiceQuestion.Of($"Question: {record.Text("question")}\nAnswer:", texts, right)
            : throw new InvalidDataException($"{record.Where}: the field 'answerKey' is '{key}'; it must be one of the choices' labels, '{string.Join("', '", labels)}'.");
    }

    /// <summary>
    /// Fields: <c>sentence</c> with a gap <c>_</c>, <c>option1</c>, <c>option2</c>, <c>answer</c> from 1 on. Each option has a context of its own, that it ends; what follows the gap is
    /// the continuation of both.
    /// </summary>
    private static MultipleChoiceQuestion WinoGrande(DataRecord record)
    {
        var sentence = record.Text("sentence");
        var gap = sentence.IndexOf('_');
        if (gap < 0) throw new InvalidDataException($"{record.Where}: the field 'sentence' has no gap; it must have a _ where the options go.");
        var rest = PythonText.Strip(sentence[(gap + 1)..]);
        return new([.. ((string[])["option1", "option2"]).Select(option => (sentence[..gap] + record.Text(option), rest))], record.Choice("answer", 2, first: 1));
    }

    /// <summary>Text without the marks that WikiHow's pages left in HellaSwag.</summary>
    private static string WikiHow(string text) => Bracketed().Replace(PythonText.Strip(text).Replace(" [title]", ". "), "").Replace("  ", " ");

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Bracketed();
}

/// <summary>A question.</summary>
/// <param name="Choices">Each choice's context and continuation, without the space between.</param>
/// <param name="Right">The right one, from 0 on.</param>
internal sealed record MultipleChoiceQuestion(IReadOnlyList<(string Context, string Continuation)> Choices, int Right)
{
    /// <summary>Choices that continue the same context.</summary>
    public static MultipleChoiceQuestion Of(string context, IEnumerable<string> choices, int right) => new([.. choices.Select(choice => (context, choice))], right);
}
