using CoCoMix.Engine.Spec;

namespace CoCoMix.Engine.Emission;

/// <summary>What every generated module has: explicit registration that may run more than once.</summary>
internal static class ModuleWriter
{
    /// <param name="parameters">Own parameters, registered first.</param>
    /// <param name="modules">Submodules, in the order of the layout.</param>
    public static void Register(CodeWriter code, IEnumerable<string> parameters, IEnumerable<string> modules) =>
        Register(code, parameters, modules.Select(module => (module, CSharp.Typed(module))));

    /// <param name="parameters">Own parameters, registered first.</param>
    /// <param name="modules">Submodules and their names, in the order of the layout.</param>
    public static void Register(CodeWriter code, IEnumerable<string> parameters, IEnumerable<(string Name, string Module)> modules)
    {
        code.Line("private bool _registered;");
        code.Line();
        code.Line("/// <summary>Registers parameters and submodules under their names, once; a parent registers its children again.</summary>");
        code.Open("protected override void RegisterComponents()");
        code.Line("if (_registered) return;");
        code.Line("_registered = true;");
        foreach (var parameter in parameters) code.Line($"register_parameter(\"{parameter}\", {CSharp.Typed(parameter)});");
        foreach (var (name, module) in modules) code.Line($"register_module(\"{name}\", {module});");
        code.Close();
        code.Line();
    }

    /// <summary>The type of a norm layer, and the expression that makes one.</summary>
    public static (string Type, string Create) Norm(NormSpec norm, string width) => norm.Kind == NormKind.RmsNorm
        ? ("RmsNorm", $"new({width}, {Real(norm.Epsilon)})")
        : ("LayerNorm", $"nn.LayerNorm({width}, {Real(norm.Epsilon)})");

    public static string Bool(bool value) => value ? "true" : "false";

    /// <summary>A number that C# reads as a double, so that a quotient of two is not cut to a whole one.</summary>
    public static string Real(double value)
    {
        var text = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);
        return text.All(letter => char.IsDigit(letter) || letter == '-') ? text + ".0" : text;
    }
}
