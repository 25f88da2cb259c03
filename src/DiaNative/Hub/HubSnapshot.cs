namespace DiaNative;

/// <summary>A repository's checkpoint as it lies in the cache.</summary>
/// <param name="Repository">The repository, such as <c>nari-labs/Dia-1.6B-0626</c>.</param>
/// <param name="Commit">The commit that the revision meant: 40 hexadecimal digits.</param>
/// <param name="Directory">The folder with the files, ready for <see cref="DiaConverter"/>.</param>
/// <param name="Files">Names of the files.</param>
/// <param name="SizeInBytes">Bytes of the files.</param>
/// <param name="DownloadedBytes">Bytes that came over the network in this call; 0 if the cache had everything.</param>
public sealed record HubSnapshot(
    string Repository, string Commit, string Directory, IReadOnlyList<string> Files, long SizeInBytes, long DownloadedBytes);
