using System.Security.Cryptography;
using System.Text;

namespace DiaNative.BindingsGenerator;

/// <summary>The header file, its text with LF line ends, and the hash of that text.</summary>
internal sealed record Header(string Path, string Text, string Sha256)
{
    public static Header Load(string path)
    {
        string text = File.ReadAllText(path).ReplaceLineEndings("\n");
        return new Header(path, text, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))));
    }
}
