namespace CoCoMix;

/// <summary>What a declared class's members throw when the generator has not filled them in.</summary>
internal static class NotGenerated
{
    public static InvalidOperationException For(object declared) => new(
        $"'{declared.GetType().Name}' has no generated code: make it a partial class with the CoCoMix attributes, build with the CoCoMix " +
        "package's source generator, and mend the CCM errors the build reports.");
}
