using System.CommandLine;

namespace DiaNative.Cli.Commands;

/// <summary>The options that say which type each tensor is stored as.</summary>
internal sealed class TypeArguments
{
    private const string MixSuffix = "_m";

    private static readonly string[] s_types =
        ["auto", "f32", "f16", "bf16", "q8_0", "q6_k", "q5_k_m", "q5_k", "q5_0", "q4_k_m", "q4_k", "iq4_nl", "q4_0"];

    private static readonly string[] s_codecTypes = ["auto", "f32", "f16"];

    private readonly Option<string> _type;
    private readonly Option<string> _codecType;
    private readonly Option<string[]> _tensorTypes;
    private readonly Option<string?> _importance;
    private readonly Option<int?> _threads;

    internal TypeArguments(string source, string standard = "auto")
    {
        _type = TypeOption("--type", $"Type of Dia's matrices; auto is that of the {source}, _m gives sensitive ones more bits", s_types, standard);
        _type.Aliases.Add("-t");
        _codecType = TypeOption("--codec-type", $"Type of DAC's convolutions; auto is that of the {source}", s_codecTypes, "auto");
        _tensorTypes = new Option<string[]>("--tensor-type")
        {
            Description = "PATTERN=TYPE: another type for tensors whose name contains the pattern, with * and ?; may be repeated, the last that fits decides",
            DefaultValueFactory = _ => [],
        };
        _importance = new Option<string?>("--imatrix") { Description = "File of 'dianative imatrix', which makes errors small where they matter" };
        _threads = new Option<int?>("--threads") { Description = "CPU threads, at least 1; by default the physical cores" };
    }

    /// <summary>What the name of a type stands for.</summary>
    /// <exception cref="UsageException">There is no such type.</exception>
    internal static (WeightType Type, WeightMix Mix) Parse(string name, string option) =>
        name != "auto" && s_types.Contains(name)
            ? (WeightTypeOf(name), MixOf(name))
            : throw new UsageException($"{option} is '{name}', expected one of {string.Join(", ", s_types.Where(type => type != "auto"))}");

    internal void AddTo(Command command)
    {
        command.Add(_type);
        command.Add(_codecType);
        command.Add(_tensorTypes);
        command.Add(_importance);
        command.Add(_threads);
    }

    internal ConversionOptions ConversionOptions(ParseResult parsed) => Complete(new ConversionOptions(), parsed);

    internal QuantizationOptions QuantizationOptions(ParseResult parsed) => Complete(new QuantizationOptions(), parsed);

    private T Complete<T>(T options, ParseResult parsed)
        where T : RoundingOptions
    {
        RoundingOptions given = options;
        return (T)(given with
        {
            WeightType = WeightTypeOf(parsed.GetRequiredValue(_type)),
            Mix = MixOf(parsed.GetRequiredValue(_type)),
            CodecWeightType = WeightTypeOf(parsed.GetRequiredValue(_codecType)),
            TensorTypes = [.. parsed.GetRequiredValue(_tensorTypes).Select(OverrideOf)],
            ImportancePath = parsed.GetValue(_importance),
            ThreadCount = parsed.GetValue(_threads),
        });
    }

    private static Option<string> TypeOption(string name, string description, string[] values, string standard)
    {
        var option = new Option<string>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.AcceptOnlyFromAmong(values);
        return option;
    }

    private static bool IsMix(string name) => name.EndsWith(MixSuffix, StringComparison.Ordinal);

    private static WeightMix MixOf(string name) => IsMix(name) ? WeightMix.Medium : WeightMix.None;

    private static WeightType WeightTypeOf(string name) => Enum.Parse<WeightType>(IsMix(name) ? name[..^MixSuffix.Length] : name, ignoreCase: true);

    private static TensorTypeOverride OverrideOf(string text)
    {
        int separator = text.LastIndexOf('=');
        string type = text[(separator + 1)..];
        return separator > 0 && type != "auto" && s_types.Contains(type) && !IsMix(type)
            ? new TensorTypeOverride(text[..separator], WeightTypeOf(type))
            : throw new UsageException(
                $"--tensor-type is '{text}', expected PATTERN=TYPE with one of {string.Join(", ", s_types.Where(name => name != "auto" && !IsMix(name)))}");
    }
}
