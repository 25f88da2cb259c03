using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace DiaNative.Extensions.Tests;

public sealed class PublicApiTests
{
    [Theory]
    [InlineData("DiaNative.Extensions.AI")]
    [InlineData("DiaNative.Extensions.DependencyInjection")]
    public void PublicSurface_OfTheAssembly_IsTheApprovedOne(string name)
    {
        var assembly = Assembly.Load(name);

        PublicApi.AssertApproved(assembly, "tests", "DiaNative.Extensions.Tests", $"{name}.txt");
        Assert.All(assembly.GetExportedTypes(), type => Assert.Equal(
            type.Name.EndsWith("ServiceCollectionExtensions", StringComparison.Ordinal) ? typeof(IServiceCollection).Namespace : "DiaNative",
            type.Namespace));
    }
}
