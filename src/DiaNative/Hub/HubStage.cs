namespace DiaNative;

/// <summary>What <see cref="DiaHub"/> is doing.</summary>
public enum HubStage
{
    /// <summary>Files come from the hub into the cache.</summary>
    Downloading,

    /// <summary>The checkpoint becomes a GGUF.</summary>
    Converting,
}
