using CoCoMix.Cli.Tests.Settings;

namespace CoCoMix.Cli.Tests;

public sealed class DeviceTests
{
    [Theory, InlineData("gpu"), InlineData("cuda:x"), InlineData("cuda:-1"), InlineData("CPU")]
    public void A_device_that_is_none_is_one_sentence(string device) => Assert.Equal(
        $"--device is '{device}': it must be cpu, cuda, or cuda: and a device's number.",
        Assert.Throws<InvalidDataException>(() => Devices.Use(new ExampleSettings { Device = device })).Message);
}
