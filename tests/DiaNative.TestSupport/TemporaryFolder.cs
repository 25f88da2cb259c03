namespace DiaNative.TestSupport;

/// <summary>An empty folder that is deleted, with all that is in it, when it is disposed of.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string FullName { get; } = Directory.CreateTempSubdirectory("dianative-").FullName;

    public string PathTo(string name) => Path.Combine(FullName, name);

    public void Dispose() => Directory.Delete(FullName, recursive: true);
}
