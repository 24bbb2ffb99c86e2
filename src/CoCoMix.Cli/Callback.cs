namespace CoCoMix.Cli;

/// <summary>A progress receiver that runs in place; <see cref="Progress{T}"/> would post to a thread and lose the order.</summary>
internal sealed class Callback<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
