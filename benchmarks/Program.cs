using System.CommandLine;
using CoCoMix.Benchmarks;

var cases = new Option<string[]>("--case")
{
    Description = "Cases whose names begin so; all without it.",
    DefaultValueFactory = _ => [],
    AllowMultipleArgumentsPerToken = true,
};
var rounds = new Option<int>("--rounds") { Description = "Times that everything is run; contenders alternate, each in a process of its own.", DefaultValueFactory = _ => 5 };
var step = new Command("step", "Times training steps, label extraction and SAE training: generated code against eager TorchSharp under autograd.") { cases, rounds };
step.SetAction(parsed => StepBenchmark.Run(parsed.GetValue(cases)!, parsed.GetValue(rounds)));
var one = new Option<string>("--case") { Description = "The case.", DefaultValueFactory = _ => "cocomix-69m-1024" };
var passes = new Command("passes", "Times the steps of a case without each of the generator's passes.") { one, rounds };
passes.SetAction(parsed => StepBenchmark.RunPasses(parsed.GetValue(one)!, parsed.GetValue(rounds)));
var (name, kind) = (new Argument<string>("case"), new Argument<string>("kind"));
var without = new Option<string?>("--without") { Description = "Passes to switch off." };
var contender = new Command("contender", "One contender of a case, in this process.") { name, kind, without };
contender.Hidden = true;
contender.SetAction(parsed => StepBenchmark.RunContender(parsed.GetValue(name)!, parsed.GetValue(kind)!, parsed.GetValue(without)));
var paired = new Command("paired", "Steps of a case with all passes and without some, in turns, in this process.") { name, without };
paired.Hidden = true;
paired.SetAction(parsed => StepBenchmark.RunPaired(parsed.GetValue(name)!, parsed.GetValue(without)!));

var count = new Option<int>("--models") { Description = "Declared models in the project.", DefaultValueFactory = _ => 100 };
var depth = new Option<int>("--blocks") { Description = "Blocks of each.", DefaultValueFactory = _ => 48 };
var repeats = new Option<int>("--rounds") { Description = "Builds with and without, and runs of each edit.", DefaultValueFactory = _ => 5 };
var generator = new Command("generator", "Times what analyzers and generator add to a build, and what edits cost in an editor.") { count, depth, repeats };
generator.SetAction(parsed => GeneratorBenchmark.Run(parsed.GetValue(count), parsed.GetValue(depth), parsed.GetValue(repeats)));

var text = new Option<string?>("--text") { Description = "A file or folder of text; without it, the documentation of the .NET SDK." };
var vocabularies = new Option<int[]>("--vocabulary") { Description = "Tokens of tokenizers to train.", DefaultValueFactory = _ => [1_024, 16_384], AllowMultipleArgumentsPerToken = true };
var data = new Command("data", "Times the reading and encoding of text, and the training of tokenizers.") { text, vocabularies, rounds };
data.SetAction(parsed => DataBenchmark.Run(parsed.GetValue(text), parsed.GetValue(vocabularies)!, parsed.GetValue(rounds)));

return new RootCommand("Benchmarks of CoCoMix for .NET. Run with nothing else on the machine.") { step, passes, contender, paired, generator, data }.Parse(args).Invoke();
