using System.Reflection;

namespace DiaNative.Tests;

public sealed class NonVerbalTests
{
    [Fact]
    public void All_IsEveryConstant()
    {
        string[] constants =
        [
            .. typeof(NonVerbal).GetFields(BindingFlags.Public | BindingFlags.Static).Where(field => field.IsLiteral)
                .Select(field => (string)field.GetRawConstantValue()!).Order(StringComparer.Ordinal),
        ];

        Assert.Equal(21, constants.Length);
        Assert.Equal(constants, NonVerbal.All);
        Assert.All(constants, tag => Assert.Matches(@"^\([a-z]+( [a-z]+)?\)$", tag));
    }
}
