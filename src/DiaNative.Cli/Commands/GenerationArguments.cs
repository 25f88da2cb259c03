using System.CommandLine;
using System.Globalization;

namespace DiaNative.Cli.Commands;

/// <summary>The options that say how speech is generated. What is not given has the value that the model's file states.</summary>
internal sealed class GenerationArguments
{
    private readonly Option<double?> _maxSeconds = Number<double>("--max-seconds", "Seconds of audio at most");
    private readonly Option<int?> _maxTokens = Number<int>("--max-tokens", "Positions to generate at most; the last 16 hold the end of speech");
    private readonly Option<int?> _maxLength = Number<int>("--max-length", "Positions at most, the start included");
    private readonly Option<int?> _minNewTokens = Number<int>("--min-new-tokens", "Positions before which the speech may not end");
    private readonly Option<float?> _cfgScale = Number<float>("--cfg-scale", "Strength of classifier-free guidance; 1 turns it off and is about twice as fast");
    private readonly Option<float?> _temperature = Number<float>("--temperature", "Divides the logits before drawing; 0 is the same as --greedy");
    private readonly Option<float?> _topP = Number<float>("--top-p", "Draw from the smallest set of tokens that reaches this probability, (0, 1]");
    private readonly Option<int?> _topK = Number<int>("--top-k", "Candidates that guidance and drawing keep; 0 keeps all");
    private readonly Option<bool> _greedy = new("--greedy") { Description = "Always take the most probable token; nothing is drawn" };
    private readonly Option<ulong?> _seed = Number<ulong>("--seed", "The same seed gives the same speech; drawn and printed if not given");
    private readonly Option<int?> _threads = Number<int>("--threads", "CPU threads; the physical cores if not given, fewer for a small model");

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_maxSeconds, _maxTokens, _maxLength, _minNewTokens, _cfgScale, _temperature, _topP, _topK, _greedy, _seed, _threads])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>How the model is to be loaded.</summary>
    internal DiaModelOptions ModelOptions(ParseResult parsed) => new() { Threads = parsed.GetValue(_threads) };

    /// <summary>How speech is to be generated. Ctrl-C keeps what was spoken.</summary>
    internal GenerationOptions GenerationOptions(ParseResult parsed) => new()
    {
        MaxDuration = Duration(parsed.GetValue(_maxSeconds)),
        MaxNewTokens = parsed.GetValue(_maxTokens),
        MaxLength = parsed.GetValue(_maxLength),
        MinNewTokens = parsed.GetValue(_minNewTokens),
        GuidanceScale = parsed.GetValue(_cfgScale),
        Temperature = parsed.GetValue(_temperature),
        TopP = parsed.GetValue(_topP),
        TopK = parsed.GetValue(_topK),
        DoSample = parsed.GetValue(_greedy) ? false : null,
        Seed = parsed.GetValue(_seed),
        OnCancellation = CancellationBehavior.ReturnPartial,
    };

    private TimeSpan? Duration(double? seconds) => seconds switch
    {
        null => null,
        > 0 and <= 86_400 => TimeSpan.FromSeconds(seconds.Value),
        _ => throw new UsageException(
            string.Create(CultureInfo.InvariantCulture, $"{_maxSeconds.Name} must be above 0 and at most 86400; it is {seconds}")),
    };

    private static Option<T?> Number<T>(string name, string description)
        where T : struct, ISpanParsable<T>
    {
        bool isWhole = typeof(T) == typeof(int) || typeof(T) == typeof(ulong);
        return new Option<T?>(name)
        {
            Description = description,
            HelpName = isWhole ? "n" : "x",
            CustomParser = result =>
            {
                string text = result.Tokens[0].Value;
                if (T.TryParse(text, CultureInfo.InvariantCulture, out T value))
                {
                    return value;
                }

                result.AddError($"{name}: '{text}' is not a {(isWhole ? "whole number of its range" : "number")}");
                return null;
            },
        };
    }
}
