using DiaNative.BindingsGenerator.FrontEnds;

namespace DiaNative.BindingsTests;

/// <summary>A test with data that needs CastXML; it reports why it is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CastXmlTheoryAttribute : TheoryAttribute
{
    private static readonly string? s_unavailable = new CastXmlFrontEnd().Unavailable;

    public CastXmlTheoryAttribute()
    {
        Skip = s_unavailable;
    }
}
