namespace CoCoMix.Engine.Rules;

/// <summary>How the text at a site changes.</summary>
public enum EditKind
{
    /// <summary>An argument takes a value, or is added with it.</summary>
    SetArgument,

    RemoveArgument,

    AddAttribute,

    RemoveAttribute,

    /// <summary>A class derives from the class named, directly.</summary>
    SetBase,

    MakePartial,

    /// <summary>A member of the class goes.</summary>
    RemoveMember,

    /// <summary>A field takes a type.</summary>
    SetFieldType,

    /// <summary>An expression goes on with the text, such as <c>.t()</c>.</summary>
    Append,

    /// <summary>An expression becomes the text.</summary>
    Replace,

    /// <summary>A call, or an operator of several operands, is of another function.</summary>
    Rename,

    /// <summary><c>softmax(...)</c> within <c>log(...)</c> becomes the text alone.</summary>
    Unwrap,
}

/// <summary>An edit that satisfies a rule, where one is obvious.</summary>
/// <param name="Title">What it does, in the words of an editor's menu.</param>
public sealed record Edit(EditKind Kind, Site Site, string Text, string Title);
