using System.Runtime.InteropServices;

namespace CoCoMix.Cli;

/// <summary>
/// Ctrl-C and SIGTERM as a token: the first asks the command to save and end, the second ends the process at once. For a process that another one started and told so
/// (<see cref="AtEndOfInput"/>), the end of its input asks the same: that is how it learns that the other wants it to stop, or is no more.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    /// <summary>The environment variable that makes the end of input a request to stop.</summary>
    public const string AtEndOfInput = "COCOMIX_STOP_AT_END_OF_INPUT";

    private const int Terminated = 143;

    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private bool _signalled;

    public StopSignal()
    {
        _registrations = [Register(PosixSignal.SIGINT, 130), Register(PosixSignal.SIGTERM, Terminated)];
        if (Environment.GetEnvironmentVariable(AtEndOfInput) is not null) new Thread(WaitForEndOfInput) { IsBackground = true }.Start();
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>128 and the signal's number, as shells say it.</summary>
    public int ExitCode { get; private set; }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _stop.Dispose();
    }

    private PosixSignalRegistration Register(PosixSignal signal, int exitCode) => PosixSignalRegistration.Create(signal, context =>
    {
        // Ctrl-C reaches a process and the one that started it: the end of input that follows from it counts for none.
        if (_signalled) return;
        (_signalled, context.Cancel) = (true, true);
        Stop(exitCode);
    });

    private void WaitForEndOfInput()
    {
        using var input = Console.OpenStandardInput();
        while (input.ReadByte() >= 0) { }
        Stop(Terminated);
    }

    private void Stop(int exitCode)
    {
        if (_stop.IsCancellationRequested) return;
        ExitCode = exitCode;
        _stop.Cancel();
    }
}
