using System.Globalization;
using System.Runtime.CompilerServices;

namespace DiaNative;

/// <summary>The checks of options. Every message has the option, its range and its value.</summary>
internal static class OptionCheck
{
    internal static int? AtLeast(int? value, int minimum, [CallerMemberName] string name = "") =>
        value is null || value >= minimum ? value : throw OutOfRange(name, value, $"at least {minimum}");

    internal static long? AtLeast(long? value, long minimum, [CallerMemberName] string name = "") =>
        value is null || value >= minimum ? value : throw OutOfRange(name, value, $"at least {minimum}");

    internal static float? Between(float? value, float minimum, float maximum, [CallerMemberName] string name = "") =>
        value is null || (value >= minimum && value <= maximum)
            ? value
            : throw OutOfRange(name, value, string.Create(CultureInfo.InvariantCulture, $"from {minimum} to {maximum}"));

    internal static double Between(double value, double minimum, double maximum, string name) =>
        value >= minimum && value <= maximum
            ? value
            : throw OutOfRange(name, value, string.Create(CultureInfo.InvariantCulture, $"from {minimum} to {maximum}"));

    internal static T Defined<T>(T value, [CallerMemberName] string name = "")
        where T : struct, Enum =>
        Enum.IsDefined(value) ? value : throw OutOfRange(name, value, $"one of {string.Join(", ", Enum.GetNames<T>())}");

    internal static ArgumentOutOfRangeException OutOfRange(string name, object value, string range) =>
        new(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} must be {range}, not {value}."));
}
