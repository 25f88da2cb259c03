using System.Globalization;

namespace DiaNative;

/// <summary>The checks of the configurations. Every message has the section, the field, its range and its value.</summary>
internal static class ConfigCheck
{
    internal static void AtLeast(string section, string name, int value, int minimum) =>
        Require(value >= minimum, section, name, $"at least {minimum}", value);

    internal static void Within(string section, string name, int value, int minimum, int maximum) =>
        Require(value >= minimum && value <= maximum, section, name, $"from {minimum} to {maximum}", value);

    internal static void Positive(string section, string name, float value) =>
        Require(float.IsFinite(value) && value > 0, section, name, "a finite number above 0", value);

    internal static void Activation(string section, string value) =>
        Require(value == "silu", section, "hidden_act", "\"silu\"", $"\"{value}\"");

    internal static void EvenHead(string section, int headDim) =>
        Require(headDim % 2 == 0, section, "head_dim", "even, for rotary positions", headDim);

    internal static void Attention(string section, string prefix, int heads, int keyValueHeads, int headDim)
    {
        AtLeast(section, prefix + "num_attention_heads", heads, 1);
        AtLeast(section, prefix + "num_key_value_heads", keyValueHeads, 1);
        AtLeast(section, prefix + "head_dim", headDim, 1);
        Require(heads % keyValueHeads == 0, section, prefix + "num_key_value_heads", $"a divisor of the {heads} query heads", keyValueHeads);
    }

    internal static void Distinct(string section, string names, params ReadOnlySpan<int> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            Require(!values[..i].Contains(values[i]), section, names, "all different", values[i]);
        }
    }

    private static void Require(bool condition, string section, string name, string expected, object found)
    {
        if (!condition)
        {
            throw new DiaConfigException(string.Create(CultureInfo.InvariantCulture, $"{section}.{name} must be {expected}, not {found}."));
        }
    }
}
