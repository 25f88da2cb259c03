using DiaNative.BindingsGenerator.FrontEnds;

namespace DiaNative.BindingsTests;

/// <summary>A test that needs CastXML; it reports why it is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CastXmlFactAttribute : FactAttribute
{
    private static readonly string? s_unavailable = new CastXmlFrontEnd().Unavailable;

    public CastXmlFactAttribute()
    {
        Skip = s_unavailable;
    }
}
