namespace CoCoMix.Training.Tests.Tasks;

public sealed class MultipleChoiceTaskTests
{
    /// <summary>What a model is asked about a record.</summary>
    private static IEnumerable<(string Context, string Continuation)> Asked(string task, object record)
    {
        using var file = new TaskFile(record);
        return [.. TaskFile.Texts(file.Read(task).Requests.Single())];
    }

    /// <summary>Metrics of a record whose continuations have these log-likelihoods.</summary>
    private static string Measured(string task, object record, params double[] logs)
    {
        using var file = new TaskFile(record);
        return string.Join(", ", file.Read(task).Measure([[.. logs.Select(log => new Likelihood(log, false))]]).Metrics
            .Select(metric => FormattableString.Invariant($"{metric.Name} {metric.Value}")));
    }

    [Fact]
    public void HellaSwagsContextIsCleanedAndItsLastPartCapitalized()
    {
        // Marks go out after the text was stripped, two spaces become one, and three become two; only the first letter of ctx_b is upper.
        var asked = Asked("hellaswag", new
        {
            activity_label = " Home", ctx_a = "[header] How to Dry [title] Take   it.  [substeps] Now", ctx_b = "the BIG man",
            endings = (string[])[" [step] runs [title] Go ", "sits."], label = "1",
        });

        Assert.Equal(
            [("Home: How to Dry. Take  it.  Now The big man", "  runs. Go"), ("Home: How to Dry. Take  it.  Now The big man", " sits.")], asked);
    }

    [Fact]
    public void HellaSwagWithoutALastPartEndsInASpaceThatIsStripped() => Assert.Equal(
        [("Label: A", " b")], Asked("hellaswag", new { activity_label = "Label", ctx_a = "A", ctx_b = "", endings = (string[])["b"], label = 0 }));

    [Fact]
    public void PiqaSocialIqaAndArcAsk()
    {
        Assert.Equal([("Question: dry it\nAnswer:", " towel"), ("Question: dry it\nAnswer:", " pan")], Asked("piqa", new { goal = "dry it", sol1 = "towel", sol2 = "pan", label = 0 }));
        Assert.Equal(
            [("Q: Al left. Why?\nA:", " late"), ("Q: Al left. Why?\nA:", " bored"), ("Q: Al left. Why?\nA:", " ill")],
            Asked("social_iqa", new { context = "Al left.", question = "Why?", answerA = "late", answerB = "bored", answerC = "ill", label = "3" }));
        Assert.Equal(
            [("Question: Which?\nAnswer:", " x"), ("Question: Which?\nAnswer:", " y")],
            Asked("arc_easy", new { question = "Which?", choices = new { text = (string[])["x", "y"], label = (string[])["A", "B"] }, answerKey = "B" }));
    }

    [Fact]
    public void WinoGrandesOptionsAreContextsOfTheSameContinuation()
    {
        var asked = Asked("winogrande", new { sentence = "Al saw Bo, so _  left, not _ .", option1 = "Al", option2 = "Bo ", answer = "2" });

        // Space that ends an option moves into the continuation.
        Assert.Equal([("Al saw Bo, so Al", " left, not _ ."), ("Al saw Bo, so Bo", "  left, not _ .")], asked);
        Assert.Equal("acc 1, nll 2", Measured("winogrande", new { sentence = "_ a", option1 = "x", option2 = "y", answer = "2" }, -3, -2));
        Assert.Equal("acc 0, nll 3", Measured("winogrande", new { sentence = "_ a", option1 = "x", option2 = "y", answer = "1" }, -3, -2));
    }

    [Fact]
    public void TheNormIsCharactersNotTokensNorBytes()
    {
        // "éééé" has 4 characters, 8 bytes and as many tokens: -8/4 is less than -3/2, but -8/8 would be more.
        var record = new { goal = "g", sol1 = "éééé", sol2 = "ab", label = 1 };
        Assert.Equal("acc 1, acc_norm 1, nll 3", Measured("piqa", record, -8, -3));
        // The space before a choice does not count: -5.4/4 is more than -2.8/2, but -5.4/5 would be less than -2.8/3.
        Assert.Equal("acc 1, acc_norm 0, nll 2.8", Measured("piqa", record, -5.4, -2.8));
    }

    [Fact]
    public void HellaSwagsCharactersAreThoseOfTheCleanedEnding()
    {
        // 5 and 2 characters, a space is left where the mark was; before cleaning the first had 11.
        var record = new { activity_label = "L", ctx_a = "a", ctx_b = "b", endings = (string[])["[step] abcd", "ab"], label = 1 };
        Assert.Equal("acc 1, acc_norm 1, nll 2", Measured("hellaswag", record, -6, -2));
    }

    [Fact]
    public void OfEqualChoicesTheFirstIsTheAnswer()
    {
        object Piqa(int label) => new { goal = "g", sol1 = "ab", sol2 = "cd", label };
        Assert.Equal("acc 1, acc_norm 1, nll 2", Measured("piqa", Piqa(0), -2, -2));
        Assert.Equal("acc 0, acc_norm 0, nll 2", Measured("piqa", Piqa(1), -2, -2));
        Assert.Equal("acc 1, nll 1", Measured("social_iqa", new { context = "c", question = "q", answerA = "a", answerB = "b", answerC = "c", label = 2 }, -3, -1, -1));
    }

    [Theory]
    [InlineData("1 2 3 4", "3", 2), InlineData("A B C", "C", 2), InlineData("A B C D E", "E", 4), InlineData("1 2 3 4", "1", 0)]
    public void ArcsLabelsAreWhatTheyAreAndChoicesThreeToFive(string labels, string answerKey, int right)
    {
        var label = labels.Split(' ');
        var record = new { question = "q", choices = new { text = label.Select((_, i) => new string('x', i + 1)).ToArray(), label }, answerKey };
        var logs = label.Select((_, i) => i == right ? -0.5 : -10.0 - i).ToArray();

        Assert.Equal("acc 1, acc_norm 1, nll 0.5", Measured("arc_easy", record, logs));
    }

    [Fact]
    public void AModelsAnswersAreByItsLikelihoods()
    {
        // A token a byte: " aaaa" is (1/2)(1/4)^4, or ln 512; " b" (1/2)(1/8), or ln 16. By characters, ln 512 / 4 = 1.56 and ln 16 = 2.77.
        using var model = KnownModel.Of((' ', 1 / 2.0), ('a', 1 / 4.0), ('b', 1 / 8.0));
        using var file = new TaskFile(new { goal = "do", sol1 = "aaaa", sol2 = "b", label = 0 }, new { goal = "do", sol1 = "aaaa", sol2 = "b", label = 1 }, new { goal = "do", sol1 = "a", sol2 = "b", label = 0 });
        var result = file.Read("piqa").Evaluate(model, batch: 3);

        Assert.Equal(3, result.Documents);
        // Likeliest: b, b, a. By characters: aaaa, aaaa, a.
        Assert.Equal([("acc", 2 / 3.0), ("acc_norm", 2 / 3.0)], result.Metrics.Take(2).Select(metric => (metric.Name, metric.Value)));
        Assert.Equal((Math.Log(512) + Math.Log(16) + Math.Log(8)) / 3, result.Metrics[2].Value, 1e-4);
        // Of 1, 1, 0 the deviation is sqrt(1/3).
        Assert.Equal(1 / 3.0, result.Metrics[0].StandardError, 1e-12);
    }

    [Theory]
    [InlineData("hellaswag", """{"activity_label": "a", "ctx_a": "b", "endings": ["c"], "label": 0}""", "there is no field 'ctx_b'; there is 'activity_label', 'ctx_a', 'endings', 'label'.")]
    [InlineData("hellaswag", """{"activity_label": "a", "ctx_a": "b", "ctx_b": "c", "endings": ["c", 1], "label": 0}""", "the field 'endings[1]' is a number; it must be a string.")]
    [InlineData("hellaswag", """{"activity_label": "a", "ctx_a": "b", "ctx_b": "c", "endings": "c", "label": 0}""", "the field 'endings' is a string; it must be a list of strings.")]
    [InlineData("hellaswag", """{"activity_label": "a", "ctx_a": "b", "ctx_b": "c", "endings": ["c", "d"], "label": ""}""", "the field 'label' is ''; it must be a number from 0 to 1.")]
    [InlineData("piqa", """{"goal": "a", "sol1": "b", "sol2": "c", "label": -1}""", "the field 'label' is '-1'; it must be a number from 0 to 1.")]
    [InlineData("social_iqa", """{"context": "a", "question": "b", "answerA": "c", "answerB": "d", "answerC": "e", "label": "0"}""", "the field 'label' is '0'; it must be a number from 1 to 3.")]
    [InlineData("arc_easy", """{"question": "a", "choices": {"text": ["b", "c"], "label": ["A", "B"]}, "answerKey": "C"}""", "the field 'answerKey' is 'C'; it must be one of the choices' labels, 'A', 'B'.")]
    [InlineData("arc_easy", """{"question": "a", "choices": ["b"], "answerKey": "A"}""", "the field 'choices' is an array; it must be an object.")]
    [InlineData("winogrande", """{"sentence": "no gap", "option1": "a", "option2": "b", "answer": "1"}""", "the field 'sentence' has no gap; it must have a _ where the options go.")]
    [InlineData("lambada_openai", """{"text": null}""", "the field 'text' is null; it must be a string.")]
    [InlineData("wikitext", """{"text": "a"}""", "there is no field 'page'; there is 'text'.")]
    [InlineData("wikitext", """["a"]""", "there is an array; each line must be an object.")]
    public void AWrongFieldIsNamedWithItsLine(string task, string line, string saying)
    {
        using var file = new TaskFile(["", line]);
        Assert.Equal($"'data.jsonl', line 2: {saying}", file.Refusal(task));
    }

    [Fact]
    public void WrongChoicesAreNamedWhereTheyAre()
    {
        using var file = new TaskFile([
            """{"question": "a", "choices": {"text": ["b", "c"], "label": ["A"]}, "answerKey": "A"}"""]);
        Assert.Equal("'data.jsonl', line 1, in 'choices': there are 2 texts and 1 labels; each choice must have both.", file.Refusal("arc_easy"));
    }

    [Fact]
    public void AContinuationThatNoModelCanReadIsNamed()
    {
        using var file = new TaskFile(new { goal = "g", sol1 = "a", sol2 = "abcdefgh", label = 0 });
        Assert.Equal("'data.jsonl', line 1: a continuation has 9 tokens, and the model reads 8: the rules of piqa do not say how to score it.", file.Refusal("piqa", length: 8));
        Assert.Equal(2, file.Read("piqa", length: 9).Requests.Single().Count);
    }

    [Fact]
    public void SoManyDocumentsAreRead()
    {
        using var file = new TaskFile(["""{"text": "a b"}""", """{"text": "c d"}""", "broken"]);
        Assert.Equal(2, file.Read("lambada_openai", TaskFile.Bytes, limit: 2).Requests.Count);
        using var empty = new TaskFile([""]);
        Assert.Equal("'data.jsonl' has no records.", empty.Refusal("piqa"));
    }
}
