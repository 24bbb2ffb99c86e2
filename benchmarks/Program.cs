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
return new RootCommand("Benchmarks of CoCoMix for .NET. Run with nothing else on the machine.") { step }.Parse(args).Invoke();
