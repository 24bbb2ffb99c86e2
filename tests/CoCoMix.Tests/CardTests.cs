namespace CoCoMix.Tests;

public sealed class CardTests
{
    [Fact]
    public void A_declared_models_card_is_read_without_the_model()
    {
        using var model = new GoldenCoCoMix();

        Assert.Equal(model.Card, Card.Of(typeof(GoldenCoCoMix)));
        Assert.Equal(model.parameters().Sum(parameter => parameter.numel()), model.Card.Parameters);
    }

    [Theory, InlineData(typeof(LanguageModel)), InlineData(typeof(string))]
    public void Other_types_have_no_card(Type type) => Assert.Null(Card.Of(type));
}
