using System.CommandLine;
using CoCoMix.Benchmarks;

var models = new Option<string[]>("--model")
{
    Description = "Declared models to time.",
    DefaultValueFactory = _ => ["TinyNextToken", "TinyCoCoMix"],
    AllowMultipleArgumentsPerToken = true,
};
var batch = new Option<int>("--batch") { Description = "Sequences a step, B.", DefaultValueFactory = _ => 8 };
var length = new Option<int>("--length") { Description = "Tokens in a sequence, T.", DefaultValueFactory = _ => 128 };
var rounds = new Option<int>("--rounds") { Description = "Timed steps of each contender, alternating.", DefaultValueFactory = _ => 20 };
var step = new Command("step", "Times a training step: generated code against eager TorchSharp under autograd.") { models, batch, length, rounds };
step.SetAction(parsed => StepBenchmark.Run(parsed.GetValue(models)!, parsed.GetValue(batch), parsed.GetValue(length), parsed.GetValue(rounds)));

var count = new Option<int>("--models") { Description = "Declared models in the project.", DefaultValueFactory = _ => 100 };
var depth = new Option<int>("--blocks") { Description = "Blocks of each.", DefaultValueFactory = _ => 48 };
var repeats = new Option<int>("--rounds") { Description = "Builds with and without, and runs of each edit.", DefaultValueFactory = _ => 5 };
var generator = new Command("generator", "Times what analyzers and generator add to a build, and what edits cost in an editor.") { count, depth, repeats };
generator.SetAction(parsed => GeneratorBenchmark.Run(parsed.GetValue(count), parsed.GetValue(depth), parsed.GetValue(repeats)));

return new RootCommand("Benchmarks of CoCoMix for .NET. Run with nothing else on the machine.") { step, generator }.Parse(args).Invoke();
