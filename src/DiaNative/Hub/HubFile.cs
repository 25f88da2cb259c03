using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DiaNative;

/// <summary>A file of a repository.</summary>
/// <param name="Name">Its name, in the root of the repository.</param>
/// <param name="Size">Bytes.</param>
/// <param name="BlobId">
/// Its hash in lower-case hexadecimal digits, which is also its name in the cache: SHA-256 of a large file (git LFS), else the SHA-1
/// that git gives its contents.
/// </param>
internal sealed record HubFile(string Name, long Size, string BlobId)
{
    private const int Sha256Digits = 64;
    private const int Sha1Digits = 40;

    internal bool IsLarge => BlobId.Length == Sha256Digits;

    internal static bool IsSha256(string? text) => IsHexadecimal(text, Sha256Digits);

    internal static bool IsSha1(string? text) => IsHexadecimal(text, Sha1Digits);

    /// <summary>The hash, ready for the file's bytes.</summary>
    internal IncrementalHash CreateHash()
    {
        if (IsLarge)
        {
            return IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        }

#pragma warning disable CA5350 // The hash that git uses.
        var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"blob {Size}\0")));
        return hash;
    }

    private static bool IsHexadecimal(string? text, int digits) => text?.Length == digits && text.All(char.IsAsciiHexDigitLower);
}
