using CoCoMix.Engine.Lowering;
using CoCoMix.Engine.Operations;
using CoCoMix.Engine.Passes;
using CoCoMix.Engine.Program;

namespace CoCoMix.Engine.Emission;

/// <summary>
/// Writes a function's body: one statement an operation, its shape after it, and every temporary freed after its last use.
/// </summary>
internal sealed class FunctionWriter
{
    private static readonly string[] Reserved =
        ["w", "g", "i", "B", "T", "module", "next", "saved", "ids", "labels", "weights", "gradients", "probe", "teacher", "sae", "lanes", "whole", "numbers", "Kernels", "Lanes", "Tensor", "Probe"];

    // Members of every struct.
    private static readonly string[] Inherited = ["Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "ReferenceEquals", "ToString"];

    private readonly CodeWriter _code;
    private readonly Function _function;
    private readonly bool _probes;
    private readonly Dictionary<Value, string> _names = [];
    private readonly Dictionary<Value, int> _lastUse = [];
    private readonly HashSet<string> _taken = [.. Reserved, .. CSharp.Keywords];
    private readonly HashSet<Value> _kept;

    /// <summary>The name of the cut whose rows the statements are about; null where tensors are whole.</summary>
    private string? _chunks;

    /// <param name="around">Who writes the statements around it, whose names are taken; null for a function of its own.</param>
    /// <param name="isLambda">Whether it is a static lambda, where everything has a name of its own and parameters are inputs like others.</param>
    private FunctionWriter(CodeWriter code, Function function, bool probes, FunctionWriter? around = null, bool isLambda = false)
    {
        (_code, _function, _probes) = (code, function, probes);
        _kept = [.. function.Outputs, .. function.Saved];
        if (around is not null) _taken = around._taken;
        foreach (var input in function.Inputs)
            _names[input] = isLambda ? Unique(input.Parameter is { } path ? Naming.Camel(path) : input.Name, _taken)
                : around is null ? input.Name
                : around._names.TryGetValue(input, out var whole) ? whole : Unique(input.Name, _taken);
        foreach (var input in function.Inputs) _taken.Add(input.Name);
        foreach (var pair in Fields(function.Restored)) _names[pair.Key] = "saved." + pair.Value;
        for (var i = 0; i < function.Nodes.Count; i++)
        {
            foreach (var input in function.Nodes[i].Inputs.OfType<Value>()) _lastUse[input] = i;
            foreach (var output in function.Nodes[i].Outputs)
                if (!_names.ContainsKey(output)) _names[output] = Unique(output.Name, _taken);
        }
    }

    /// <summary>The statements of a function, without its signature or its return.</summary>
    /// <param name="probes">Whether named values are shown to the model's probe.</param>
    /// <returns>The C# names of the function's outputs.</returns>
    public static IReadOnlyList<string> Body(CodeWriter code, Function function, bool probes)
    {
        var writer = new FunctionWriter(code, function, probes);
        writer.Sizes();
        for (var i = 0; i < function.Nodes.Count; i++) writer.Statement(i);
        if (function.Saved.Count > 0) writer.Save();
        return [.. function.Outputs.Select(output => writer._names[output])];
    }

    /// <summary>A block function as a static method, with the struct of what it saves where it saves.</summary>
    /// <param name="weights">The type through which it names its parameters.</param>
    public static void Method(CodeWriter code, Function function, string weights)
    {
        if (function.Saved.Count > 0)
        {
            code.Line($"/// <summary>What {function.Name} keeps for the way back.</summary>");
            code.Open($"private struct {function.Bundle}");
            foreach (var pair in Fields(function.Saved)) code.Line($"public Tensor {pair.Value};", pair.Key.Type.ToString());
            code.Close();
            code.Line();
        }
        var effects = function.Nodes.Any(node => node.HasEffect);
        var input = function.Inputs.Single();
        var parameters = (function.IsEager ? "nn.Module module, " : "") + $"{weights} w, " + (effects ? $"{weights} g, " : "")
            + (function.Restored.Count > 0 ? $"in {function.Bundle} saved, " : "") + $"Tensor {input.Name}"
            + (function.Saved.Count > 0 ? $", out {function.Bundle} saved" : "");
        code.Line($"/// <summary>{function.Name}: {input.Name} {input.Type} to {function.Outputs[0].Type}.</summary>");
        code.Open($"private static Tensor {function.Name}({parameters})");
        var result = Body(code, function, probes: false);
        // An input is the caller's, who frees it.
        code.Line($"return {(function.Outputs[0] == input ? $"Kernels.Alias({result[0]})" : result[0])};");
        code.Close();
        code.Line();
    }

    /// <summary>B and T, where an operation reads them, from an input that has them as sizes.</summary>
    private void Sizes()
    {
        var sizes = _function.Nodes.SelectMany(node => node.Attributes.Sizes).ToArray();
        foreach (var (symbol, name) in new[] { (Dim.B, "B"), (Dim.T, "T") })
        {
            if (!sizes.Any(size => size.DependsOn(symbol))) continue;
            var (input, axis, times) = _function.Inputs.SelectMany(input => input.Shape.Select((size, axis) => (input, axis, Times: size.DividedBy(symbol)?.Constant)))
                .First(place => place.Times is not null);
            _code.Line($"var {name} = {input.Name}.shape[{axis}]{(times > 1 ? $" / {times}" : "")};");
        }
    }

    private void Statement(int index)
    {
        var node = _function.Nodes[index];
        if (node.Loop is not null) LoopStatement(node);
        else if (node.Chunk is not null) ChunkStatement(node);
        else if (node.Chain is not null) ChainStatement(node);
        else Expression(node);
        ShowProbes(node);
        Free(index, node);
    }

    private void Expression(Node node)
    {
        var call = CallOf(node);
        if (node.Into is { } into) _code.Line($"{node.Operation.EmitAccumulate!(call, Gradient(into))};", into.Type.ToString());
        else if (node.Operation == Table.Accumulate)
            _code.Line($"Kernels.Accumulate({Gradient(node.Inputs[0]!)}, {call[1]});", node.Inputs[0]!.Type.ToString());
        else if (node.Outputs.Count == 0) _code.Line($"{node.Operation.Emit(call)};", node.Inputs[0]!.Type.ToString());
        else
        {
            var outputs = node.Outputs.Select(output => IsSkipped(node) && !IsUsed(output) ? "_" : _names[output]).ToArray();
            var target = outputs.Length == 1 ? outputs[0] : $"({string.Join(", ", outputs)})";
            var types = string.Join(", ", node.Outputs.Where(IsUsed).Select(output => output.Type));
            if (node.Operation.ReturnsArray)
            {
                var parts = Unique("parts", _taken);
                _code.Line($"var {parts} = {node.Operation.Emit(call)};", types);
                for (var i = 0; i < outputs.Length; i++) _code.Line($"var {outputs[i]} = {parts}[{i}];");
            }
            else _code.Line($"var {target} = {(node.Over is null ? node.Operation.Emit(call) : node.Operation.EmitOver!(call))};", types);
        }
    }

    private Call CallOf(Node node) => new(node, [.. node.Inputs.Select(Reference)], IsUsed, Gradient);

    private void LoopStatement(Node node)
    {
        var loop = node.Loop!;
        var owner = loop.Owner.Length == 0 ? "w" : loop.Owner;
        var result = _names[node.Outputs[0]];
        var (first, last) = (loop.From, loop.From + loop.Count - 1);
        var back = node.Operation == Table.RepeatBackward;
        var bundled = loop.Body.Bundle.Length > 0;
        var saves = bundled && node.Operation == Table.RepeatSaving;
        var keepsInputs = loop.Again is not null && !back;
        var input = _names[node.Inputs[node.Inputs.Count - 1]!];
        var only = loop.Count == 1;
        var at = only ? $"{first}" : "i";
        var slot = only ? "" : first == 0 ? "[i]" : $"[i - {first}]";
        var argument = only ? input : result;
        var gradients = back && loop.Body.Nodes.Any(inner => inner.HasEffect) ? $"g.Block({at}), " : "";
        var module = loop.Body.IsEager ? $"{(loop.Owner.Length == 0 ? "" : loop.Owner + "Module.")}blocks[{at}], " : "";
        var kept = loop.Again is not null && back ? Unique("kept", _taken) : "";
        if (!only)
        {
            if (saves) _code.Line($"var {_names[node.Outputs[1]]} = new {loop.Body.Bundle}[{loop.Count}];");
            if (keepsInputs) _code.Line($"var {_names[node.Outputs[1]]} = new Tensor[{loop.Count}];");
            _code.Line($"var {result} = {input};");
            _code.Open(back ? $"for (var i = {last}; i >= {first}; i--)" : $"for (var i = {first}; i <= {last}; i++)");
        }
        if (keepsInputs) _code.Line($"{(only ? "var " : "")}{_names[node.Outputs[1]]}{slot} = Kernels.Alias({argument});", node.Inputs[0]!.Type.ToString());
        if (kept.Length > 0)
        {
            var place = $"{_names[node.Inputs[0]!]}{slot}";
            _code.Line($"{loop.Again!.Name}({owner}.Block({at}), {place}, out var {kept}).Dispose();", "again: only its input was kept");
            _code.Line(only ? $"Kernels.Free({place});" : $"{place}.Dispose();");
        }
        var arguments = back ? $"{owner}.Block({at}), {gradients}{(kept.Length > 0 ? $"{kept}, " : bundled ? $"{_names[node.Inputs[0]!]}{slot}, " : "")}{argument}"
            : saves ? $"{owner}.Block({at}), {argument}, out {(only ? "var " : "")}{_names[node.Outputs[1]]}{slot}"
            : $"{owner}.Block({at}), {argument}";
        _code.Line($"var {(only ? result : "next")} = {loop.Body.Name}({module}{arguments});", node.Outputs[0].Type.ToString());
        if (!only)
        {
            _code.Line($"if (i != {(back ? last : first)}) {result}.Dispose();");
            _code.Line($"{result} = next;");
        }
        // Where positions are left out, there is no whole result to show.
        if (_probes && !back && loop.Owner.Length == 0 && loop.Group == 1)
            _code.Line(only ? $"Probe?.Invoke(\"blocks.{first}\", {result});" : $"Probe?.Invoke($\"blocks.{{i}}\", {result});");
        if (!only) _code.Close();
    }

    private void ChunkStatement(Node node)
    {
        var (chunk, body) = (node.Chunk!, node.Chunk!.Body);
        var (chunks, at) = (Unique("chunks", _taken), Unique("at", _taken));
        var cut = node.Inputs.Zip(body.Inputs, (whole, rows) => (Whole: _names[whole!], Rows: rows)).Where(pair => pair.Rows.Shape.Contains(Chunk.Row)).ToArray();
        var joined = node.Outputs.Select(output => Unique(_names[output] + "Rows", _taken)).ToArray();
        var probed = _probes && body.Probes.Count > 0;
        _code.Line($"// {chunk.Rows} rows at a time, so that {new Shape(chunk.Leading.Append(chunk.Columns))} is never whole.");
        _code.Line($"var {chunks} = new RowChunks({cut[0].Whole}, leading: {chunk.Leading.Count}, rows: {(probed ? $"Probe is null ? {chunk.Rows} : long.MaxValue" : $"{chunk.Rows}")});");
        foreach (var rows in joined) _code.Line($"var {rows} = new Tensor[{chunks}.Count];");
        _code.Open($"for (var {at} = 0; {at} < {chunks}.Count; {at}++)");
        var inner = new FunctionWriter(_code, body, _probes, this) { _chunks = chunks };
        foreach (var (whole, rows) in cut) _code.Line($"using var {inner._names[rows]} = {chunks}.Cut({whole}, {at});", rows.Type.ToString());
        for (var i = 0; i < body.Nodes.Count; i++) inner.Statement(i);
        for (var i = 0; i < joined.Length; i++) _code.Line($"{joined[i]}[{at}] = {inner._names[body.Outputs[i]]};");
        _code.Close();
        for (var i = 0; i < joined.Length; i++) _code.Line($"var {_names[node.Outputs[i]]} = {chunks}.Join({joined[i]});", node.Outputs[i].Type.ToString());
    }

    /// <summary>A chain twice: as what it does to eight elements, and as operations on whole tensors for where those are not float32 in CPU memory.</summary>
    private void ChainStatement(Node node)
    {
        var body = node.Chain!;
        var shape = body.Outputs[0].Shape;
        var inner = new FunctionWriter(_code, body, probes: false, isLambda: true);
        var result = body.Outputs.Count == 1 ? _names[body.Outputs[0]] : Unique("results", _taken);
        var (operands, numbers) = (body.Inputs.Where(input => !IsNumber(input)).ToArray(), body.Inputs.Where(IsNumber).ToArray());
        _code.Line($"// {string.Join(", ", body.Nodes.Select(member => member.Operation.Name))}: once through memory.");
        _code.Line($"var {result} = Kernels.Chain([{string.Join(", ", operands.Select(Reference))}], [{string.Join(", ", numbers.Select(Reference))}], results: {body.Outputs.Count},");
        _code.Indent(1);
        // Compiled once and for all: a loop that a tier is counting through is several times as slow.
        _code.Line("[MethodImpl(MethodImplOptions.AggressiveOptimization)] static (lanes) =>");
        _code.Open();
        for (var k = 0; k < numbers.Length; k++) _code.Line($"var {inner._names[numbers[k]]} = lanes.Number({k});");
        _code.Open("for (var i = 0; i < lanes.Count; i += 8)");
        for (var k = 0; k < operands.Length; k++) _code.Line($"var {inner._names[operands[k]]} = lanes.Load({k}, i);");
        foreach (var member in body.Nodes) _code.Line($"var {inner._names[member.Outputs[0]]} = {member.Operation.Lanes!(inner.CallOf(member))};");
        for (var k = 0; k < body.Outputs.Count; k++) _code.Line($"lanes.Store({k}, i, {inner._names[body.Outputs[k]]});");
        _code.Close();
        _code.Close(",");
        _code.Line("static (whole, numbers) =>");
        _code.Open();
        for (var k = 0; k < operands.Length; k++) _code.Line($"var {inner._names[operands[k]]} = whole[{k}];");
        for (var k = 0; k < numbers.Length; k++) _code.Line($"var {inner._names[numbers[k]]} = numbers[{k}];");
        for (var at = 0; at < body.Nodes.Count; at++) inner.Statement(at);
        _code.Line($"return [{string.Join(", ", body.Outputs.Select(output => inner._names[output]))}];");
        _code.Close($"){(body.Outputs.Count == 1 ? "[0]" : "")};", string.Join(", ", body.Outputs.Select(output => output.Type)));
        _code.Indent(-1);
        if (body.Outputs.Count > 1)
            for (var k = 0; k < body.Outputs.Count; k++) _code.Line($"var {_names[body.Outputs[k]]} = {result}[{k}];");

        bool IsNumber(Value input) => ElementwiseChains.ReadingOf(input.Shape, shape) == Reading.Number;
    }

    private void ShowProbes(Node node)
    {
        if (!_probes) return;
        foreach (var output in node.Outputs)
            if (_function.Probes.TryGetValue(output, out var name))
                _code.Line(_chunks is null ? $"Probe?.Invoke(\"{name}\", {_names[output]});" : $"{_chunks}.Show(Probe, \"{name}\", {_names[output]});");
    }

    /// <summary>Frees what this statement read last, and what it made for nobody.</summary>
    private void Free(int index, Node node)
    {
        var dead = node.Inputs.OfType<Value>().Distinct()
            .Where(value => _lastUse[value] == index && IsOwned(value) && !_kept.Contains(value) && value != node.Over)
            .Concat(node.Outputs.Where(output => !IsUsed(output) && !IsSkipped(node)))
            .Select(value => _names[value]).ToArray();
        if (dead.Length > 0) _code.Line($"Kernels.Free({string.Join(", ", dead)});");
    }

    /// <summary>Whether the kernel leaves out results that nothing reads.</summary>
    private static bool IsSkipped(Node node) => node.Operation.SkipsUnused;

    /// <summary>Values the function made or was handed to free; inputs and parameters are the caller's.</summary>
    private bool IsOwned(Value value) =>
        value.Parameter is null && !_function.Inputs.Contains(value) && value.Type.Element != Element.Saved;

    private bool IsUsed(Value value) => _lastUse.ContainsKey(value) || _kept.Contains(value);

    private void Save()
    {
        _code.Line("saved = new()");
        _code.Line("{");
        foreach (var pair in Fields(_function.Saved))
        {
            var value = pair.Key;
            // An input is the caller's and an output becomes the caller's: the bundle keeps a handle of its own.
            var shared = _function.Inputs.Contains(value) || _function.Outputs.Contains(value);
            _code.Line($"    {pair.Value} = {(shared ? $"Kernels.Alias({_names[value]})" : _names[value])},");
        }
        _code.Line("};");
    }

    /// <summary>What a bundle calls each value; the function that saves and the one that restores list them in one order.</summary>
    private static IReadOnlyList<KeyValuePair<Value, string>> Fields(IReadOnlyList<Value> bundle)
    {
        var taken = new HashSet<string>(Inherited);
        return [.. bundle.Select(value => new KeyValuePair<Value, string>(value, Unique(Naming.Pascal(value.Name), taken)))];
    }

    private string Reference(Value? value) => value is null ? "null"
        : value.Parameter is null || _names.ContainsKey(value) ? _names[value]
        : $"{(value.Owner.Length == 0 ? "w" : value.Owner)}.{Naming.Pascal(value.Parameter)}";

    private static string Gradient(Value parameter) => $"g.{Naming.Pascal(parameter.Parameter!)}";

    private static string Unique(string name, HashSet<string> taken)
    {
        var unique = name;
        for (var i = 2; !taken.Add(unique); i++) unique = name + i;
        return unique;
    }
}
