using CoCoMix.Cli.Settings;
using TorchSharp;

namespace CoCoMix.Cli;

/// <summary>The device, precision and threads that a command was asked to use.</summary>
internal static class Devices
{
    /// <summary>Sets the threads and gives the device.</summary>
    /// <exception cref="InvalidDataException">The device is none, or is not here.</exception>
    public static torch.Device Use(ComputeSettings settings)
    {
        if (settings.Threads is { } threads) torch.set_num_threads(threads);
        return Parse(settings.Device);
    }

    /// <summary>Moves a model to the device, where it computes in the precision.</summary>
    public static T On<T>(this T model, torch.Device device, Precision precision) where T : LanguageModel
    {
        model.to(device);
        model.Precision = precision == Precision.Bfloat16 ? torch.ScalarType.BFloat16 : null;
        return model;
    }

    private static torch.Device Parse(string device)
    {
        if (device == "cpu") return torch.CPU;
        var index = device == "cuda" ? 0 : device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), out var number) && number >= 0 ? number
            : throw new InvalidDataException($"--device is '{device}': it must be cpu, cuda, or cuda: and a device's number.");
        if (!torch.cuda.is_available())
            throw new InvalidDataException($"--device is {device}, but libtorch finds no CUDA device here: use --device cpu, or a build for CUDA on a machine with an NVIDIA GPU; cocomix doctor says more.");
        return index < torch.cuda.device_count()
            ? torch.device(DeviceType.CUDA, index)
            : throw new InvalidDataException($"--device is {device}, but this machine has {torch.cuda.device_count()} CUDA devices: the last is cuda:{torch.cuda.device_count() - 1}.");
    }
}
