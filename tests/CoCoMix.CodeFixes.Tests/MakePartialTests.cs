using CoCoMix.Generators.Tests;

namespace CoCoMix.CodeFixes.Tests;

public class MakePartialTests
{
    [Fact]
    public async Task Adds_partial_to_every_class_that_lacks_it()
    {
        var mended = new Sources().ToString();
        var broken = mended
            .Replace("public sealed partial class Sae", "public sealed class {|CCM1001:Sae|}")
            .Replace("public sealed partial class Student", "public sealed class {|CCM1001:Student|}");
        await new CodeFixTest<MakePartial>([broken], [mended]) { NumberOfIncrementalIterations = 2 }.RunAsync();
    }

    [Fact]
    public async Task Keeps_comments_and_attributes()
    {
        var sources = new Sources();
        const string Head = "// The concepts.\n[ConceptHead(Concepts = 64, Active = 8)] // all of them\n{0} : ConceptHead // as in the paper\n{{\n}}";
        await new CodeFixTest<MakePartial>(
            [(sources with { Head = string.Format(Head, "class {|CCM1001:Head|}") }).ToString().Replace("public sealed partial class Student", "sealed partial class Student")],
            [(sources with { Head = string.Format(Head, "partial class Head") }).ToString().Replace("public sealed partial class Student", "sealed partial class Student")])
            .RunAsync();
    }
}
