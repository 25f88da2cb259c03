using DiaNative.BindingsGenerator.Check;

namespace DiaNative.BindingsTests;

/// <summary>A test that lists the exports of the built library; it reports why it is skipped where that cannot be done.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NmFactAttribute : FactAttribute
{
    private static readonly string? s_unavailable = Unavailable();

    public NmFactAttribute()
    {
        Skip = s_unavailable;
    }

    private static string? Unavailable()
    {
        LibraryExports.Read(Repository.Library, out string? reason);
        return reason;
    }
}
