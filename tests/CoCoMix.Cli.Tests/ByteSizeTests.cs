namespace CoCoMix.Cli.Tests;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("16GB", 16e9), InlineData("1.5 GiB", 1.5 * (1 << 30)), InlineData("500mb", 500e6), InlineData("2TiB", 2.0 * (1L << 40)), InlineData("1MiB", 1 << 20)]
    public void AmountsHaveAUnit(string text, double bytes) => Assert.Equal(bytes, ByteSize.Parse("--budget", text));

    [Theory]
    [InlineData(""), InlineData("16"), InlineData("GB"), InlineData("0GB"), InlineData("-1GB"), InlineData("16 G"), InlineData("16GBs"), InlineData("1e3GB"), InlineData("1,5GB")]
    public void WhatIsNoAmountIsOneSentence(string text) => Assert.Equal(
        $"--budget is '{text}': it must be a number above 0 and a unit, as in 16GB, 24GiB or 500MB.",
        Assert.Throws<InvalidDataException>(() => ByteSize.Parse("--budget", text)).Message);
}
