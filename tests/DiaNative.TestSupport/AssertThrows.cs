using Xunit;

namespace DiaNative.TestSupport;

/// <summary>Assertions about exceptions and what they say.</summary>
public static class AssertThrows
{
    /// <summary>The call throws exactly this type, with a message that contains <paramref name="expected"/>.</summary>
    public static void Message<T>(string expected, Func<object?> call)
        where T : Exception => Assert.Contains(expected, Assert.Throws<T>(call).Message, StringComparison.Ordinal);

    /// <inheritdoc cref="Message{T}(string, Func{object?})"/>
    public static void Message<T>(string expected, Action call)
        where T : Exception => Assert.Contains(expected, Assert.Throws<T>(call).Message, StringComparison.Ordinal);
}
