namespace DiaNative;

/// <summary>Why a repository could not be downloaded.</summary>
public enum DiaHubError
{
    /// <summary>There is no such repository, or it is private and the token does not open it.</summary>
    RepositoryNotFound,

    /// <summary>The repository has no such branch, tag or commit.</summary>
    RevisionNotFound,

    /// <summary>The repository has no checkpoint that can be read: no <c>config.json</c>, or no safetensors.</summary>
    NoCheckpoint,

    /// <summary>The repository's terms have to be accepted first, and a token of that account is needed.</summary>
    Gated,

    /// <summary>A token is needed, or the one that was sent is refused.</summary>
    Unauthorized,

    /// <summary>The token is valid and does not permit this.</summary>
    Forbidden,

    /// <summary>The server asks for fewer requests.</summary>
    RateLimited,

    /// <summary>The server could not be reached, or kept failing or cutting the connection.</summary>
    Unavailable,

    /// <summary>The server answered something that is no answer of a hub.</summary>
    InvalidResponse,

    /// <summary>What was downloaded is not what the repository says it holds.</summary>
    HashMismatch,

    /// <summary>The disk has too little free space.</summary>
    NoSpace,

    /// <summary>Offline mode is on, and the cache does not hold everything.</summary>
    NotCached,
}
