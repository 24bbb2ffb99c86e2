using System.Runtime.InteropServices;

namespace CoCoMix.Cli;

/// <summary>Ctrl-C and SIGTERM as a token: the first asks the command to save and end, the second ends the process at once.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignal() => _registrations = [Register(PosixSignal.SIGINT, 130), Register(PosixSignal.SIGTERM, 143)];

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
        if (_stop.IsCancellationRequested) return;
        context.Cancel = true;
        ExitCode = exitCode;
        _stop.Cancel();
    });
}
