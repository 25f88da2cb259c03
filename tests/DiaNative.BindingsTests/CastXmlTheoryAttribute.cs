using DiaNative.BindingsGenerator.FrontEnds;

namespace DiaNative.BindingsTests;

/// <summary>A test with data that needs CastXML; it reports why it is skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class CastXmlTheoryAttribute : TheoryAttribute
{
    public CastXmlTheoryAttribute()
    {
        Skip = new CastXmlFrontEnd().Unavailable;
    }
}
