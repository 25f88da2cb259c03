using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>Options whose values are the names of an enumeration, in lower case; the first one is the default.</summary>
internal static class Choice
{
    internal static Option<string> Option<T>(string name, string description)
        where T : struct, Enum
    {
#pragma warning disable CA1308 // Options are written in lower case.
        string[] names = [.. Enum.GetNames<T>().Select(value => value.ToLowerInvariant())];
#pragma warning restore CA1308
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => names[0] };
        option.AcceptOnlyFromAmong(names);
        return option;
    }

    /// <summary>The value of such an option.</summary>
    internal static T Value<T>(ParseResult parsed, Option<string> option)
        where T : struct, Enum => Enum.Parse<T>(parsed.GetRequiredValue(option), ignoreCase: true);
}
