namespace CoCoMix.Cli.Settings;

/// <summary>What fused steps compute in; weights, gradients and moments are float32 in any case.</summary>
internal enum Precision
{
    Float32,
    Bfloat16,
}
