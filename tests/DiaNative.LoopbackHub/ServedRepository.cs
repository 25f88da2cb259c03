using System.Security.Cryptography;
using System.Text;

namespace DiaNative.LoopbackHub;

/// <summary>A repository on the server: one commit, which some branches and tags mean.</summary>
public sealed class ServedRepository(string name)
{
    private const int LargeFile = 100_000;

    public string Name { get; } = name;

    public string Commit { get; set; } = ServedFile.GitHash(Encoding.UTF8.GetBytes(name));

    public ISet<string> Revisions { get; } = new HashSet<string> { "main" };

    public IDictionary<string, ServedFile> Files { get; } = new Dictionary<string, ServedFile>();

    /// <summary>Whether only <see cref="HubServer.Token"/> opens it, as with a private repository.</summary>
    public bool IsPrivate { get; set; }

    /// <summary>Whether its terms have not been accepted by anyone.</summary>
    public bool IsGated { get; set; }

    /// <summary>Entries on a page of the list of files.</summary>
    public int PageSize { get; set; } = 1000;

    public ServedRepository Add(string name, byte[] content, bool? isLarge = null)
    {
        Files[name] = new ServedFile(name, content, isLarge ?? content.Length >= LargeFile);
        return this;
    }

    public ServedRepository Add(string name, string content) => Add(name, Encoding.UTF8.GetBytes(content));

    public ServedRepository AddFolder(string folder)
    {
        foreach (string path in Directory.EnumerateFiles(folder))
        {
            Add(Path.GetFileName(path), File.ReadAllBytes(path));
        }

        return this;
    }

    /// <summary>A large file of bytes that look random and are the same every time.</summary>
    public ServedRepository AddRandom(string name, int size, int seed = 1)
    {
        byte[] content = new byte[size];
#pragma warning disable CA5394 // Nothing secret is drawn here.
        new Random(seed).NextBytes(content);
#pragma warning restore CA5394
        return Add(name, content);
    }

    public string Sha256(string file) => Convert.ToHexStringLower(SHA256.HashData(Files[file].Content));
}
