using System.Text.Json;
using CoCoMix.Tests;

namespace CoCoMix.Training.Tests;

public class CosineScheduleTests
{
    [Fact]
    public void AgreesWithTheRecordedSchedule()
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Golden.File("F6_lr_schedule.json")));
        var config = golden.RootElement.GetProperty("config");
        var schedule = new CosineSchedule(
            config.GetProperty("lr").GetDouble(), config.GetProperty("min_lr").GetDouble(), config.GetProperty("warmup").GetInt64(), config.GetProperty("steps").GetInt64());
        var values = golden.RootElement.GetProperty("values").EnumerateArray().Select(v => (Step: v[0].GetInt64(), Rate: v[1].GetDouble())).ToArray();
        Assert.Equal(40, values.Length);
        Assert.All(values, v => Assert.Equal(v.Rate, schedule.At(v.Step), 1e-12 * v.Rate));
    }

    [Fact]
    public void WithoutWarmupTheFirstStepHasThePeak()
    {
        var schedule = new CosineSchedule(1e-3, 1e-4, 0, 10);
        Assert.Equal(1e-3, schedule.At(0), 1e-15);
        Assert.Equal(1e-4, schedule.At(10), 1e-15);
    }
}
