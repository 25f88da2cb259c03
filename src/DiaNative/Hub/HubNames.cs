using System.Text.RegularExpressions;

namespace DiaNative;

/// <summary>
/// The names that may become parts of addresses and paths. What a user or a server gives is held against a list of what is allowed,
/// so that nothing is ever written outside the cache.
/// </summary>
internal static partial class HubNames
{
    /// <exception cref="ArgumentException">It is no name of a repository.</exception>
    internal static void RequireRepository(string repository, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(repository, parameterName);
        if (!Repository().IsMatch(repository) || repository.Contains("--", StringComparison.Ordinal) || repository.Contains("..", StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"'{repository}' is no repository of a hub; one is named like {DiaHub.DefaultModel}: letters, digits, '-', '_' and '.'.", parameterName);
        }
    }

    /// <exception cref="ArgumentException">It is no name of a branch, tag or commit.</exception>
    internal static void RequireRevision(string revision, string parameterName)
    {
        ArgumentException.ThrowIfNullOrEmpty(revision, parameterName);
        if (!Revision().IsMatch(revision) || revision.Contains("..", StringComparison.Ordinal))
        {
            throw new ArgumentException(
                $"'{revision}' is no revision; one is a branch, a tag or a commit: letters, digits, '-', '_', '.' and '/'.", parameterName);
        }
    }

    /// <summary>Whether a name of the index can be that of a file beside it.</summary>
    internal static bool IsShard(string name) => Shard().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_]([A-Za-z0-9._-]{0,95})(/[A-Za-z0-9_][A-Za-z0-9._-]{0,95})?(?<![.-])\z", RegexOptions.CultureInvariant)]
    private static partial Regex Repository();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,199}(/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}){0,4}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Revision();

    [GeneratedRegex(@"\A[A-Za-z0-9_][A-Za-z0-9._-]{0,199}\.safetensors\z", RegexOptions.CultureInvariant)]
    private static partial Regex Shard();
}
