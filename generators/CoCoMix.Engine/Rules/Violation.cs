using System.Globalization;
using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Rules;

/// <summary>A place in a declared class that a person typed; the reader of a declaration knows where it is in the source.</summary>
/// <param name="Class">The declared class; with nothing else, its name.</param>
/// <param name="Attribute">An attribute on it, or on the member; with nothing else, the attribute's name.</param>
/// <param name="Argument">A value of the attribute, by its property's name.</param>
/// <param name="TypeArgument">Index of a type argument of the attribute.</param>
/// <param name="Member">A member of the class.</param>
/// <param name="Index">The attribute's number among those of its name on the class.</param>
/// <param name="Expression">The number of an expression in the class's code.</param>
public sealed record Site(
    TypeName Class, string? Attribute = null, string? Argument = null, int? TypeArgument = null, string? Member = null, int Index = 0,
    int? Expression = null);

/// <summary>A rule that a declaration breaks.</summary>
/// <param name="Site">The place to mend, on the declaration that was checked.</param>
/// <param name="Arguments">What fills the rule's message.</param>
public sealed record Violation(Rule Rule, Site Site, IReadOnlyList<object> Arguments)
{
    /// <summary>Where the other values of the message come from.</summary>
    public IReadOnlyList<Site> Related { get; init; } = [];

    public Edit? Edit { get; init; }

    public string Message => string.Format(CultureInfo.InvariantCulture, Rule.MessageFormat, [.. Arguments]);
}
