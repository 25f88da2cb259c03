namespace DiaNative.Tests;

public sealed class PublicApiTests
{
    [Fact]
    public void PublicSurface_OfTheAssembly_IsTheApprovedOne() =>
        PublicApi.AssertApproved(typeof(DiaModel).Assembly, "tests", "DiaNative.Tests", "PublicApi.txt");

    [Fact]
    public void PublicTypes_AreInTheOneNamespace() =>
        Assert.All(typeof(DiaModel).Assembly.GetExportedTypes(), type => Assert.Equal(nameof(DiaNative), type.Namespace));
}
