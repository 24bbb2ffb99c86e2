namespace CoCoMix.Engine.Rules;

/// <summary>Divisors of sizes, for rules about heads.</summary>
public static class Divisors
{
    /// <summary>The largest divisor of a number below <paramref name="value"/> and, unless it lies beyond, the smallest above.</summary>
    public static IEnumerable<int> Around(int number, int value)
    {
        yield return Of(number).Where(d => d < value).Max();
        if (value < number)
        {
            yield return Of(number).Where(d => d > value).Min();
        }
    }

    /// <summary>The divisor of a number nearest to <paramref name="value"/>; of two, the smaller.</summary>
    public static int Nearest(int number, int value) => Of(number).OrderBy(d => Math.Abs(d - value)).ThenBy(d => d).First();

    /// <summary>The greatest common divisor.</summary>
    public static int Greatest(int a, int b) => b == 0 ? a : Greatest(b, a % b);

    private static IEnumerable<int> Of(int number) => Enumerable.Range(1, (int)Math.Sqrt(number)).Where(d => number % d == 0).SelectMany(d => new[] { d, number / d });
}
