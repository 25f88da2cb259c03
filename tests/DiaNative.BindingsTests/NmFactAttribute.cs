using DiaNative.BindingsGenerator.Check;

namespace DiaNative.BindingsTests;

/// <summary>A test that lists the exports of the built library; it reports why it is skipped where that cannot be done.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NmFactAttribute : FactAttribute
{
    public NmFactAttribute()
    {
        LibraryExports.Read(Repository.Library, out string? unavailable);
        Skip = unavailable;
    }
}
