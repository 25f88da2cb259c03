using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DiaNative.LoopbackHub;

/// <summary>A file of a repository on the server.</summary>
/// <param name="Name">Its path in the repository.</param>
/// <param name="Content">What is sent.</param>
/// <param name="IsLarge">Whether git holds a pointer only, and the server redirects to its storage.</param>
public sealed record ServedFile(string Name, byte[] Content, bool IsLarge)
{
    /// <summary>What the hub says the hash is; by default the truth.</summary>
    public string Hash { get; init; } = IsLarge ? Convert.ToHexStringLower(SHA256.HashData(Content)) : GitHash(Content);

    /// <summary>What the hub says the size is; by default the truth.</summary>
    public long Size { get; init; } = Content.Length;

    /// <summary>The hash that git gives a file.</summary>
    public static string GitHash(byte[] content)
    {
        byte[] header = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {content.Length}\0"));
#pragma warning disable CA5350 // The hash that git uses.
        return Convert.ToHexStringLower(SHA1.HashData([.. header, .. content]));
#pragma warning restore CA5350
    }
}
