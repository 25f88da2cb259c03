namespace DiaNative;

/// <summary>What a request is about, for messages.</summary>
internal sealed record HubSubject(string Repository, string Revision, string? File = null)
{
    public override string ToString() => File is null ? Repository : $"{Repository}/{File}";
}
