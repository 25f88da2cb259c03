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
    private readonly Option<float?> _minP = Number<float>("--min-p", "Draw from tokens at least this times as probable as the best one, [0, 1]");
    private readonly Option<float?> _typicalP = Number<float>("--typical-p", "Draw from the most typical tokens up to this probability, (0, 1]");
    private readonly Option<float?> _repetitionPenalty = Number<float>("--repetition-penalty", "Above 1: what was said comes less often");
    private readonly Option<int?> _noRepeatNgram = Number<int>("--no-repeat-ngram", "No channel says so many tokens in a row twice");
    private readonly Option<double?> _maxTime = Number<double>("--max-time", "Seconds of work at most; what is spoken by then is kept");
    private readonly Option<string?> _cacheType = CacheTypeOption();
    private readonly Option<long?> _maxMemory = ByteCount.Option("--max-memory", "Refuse to take more memory than that, the whole process counted");
    private readonly Option<string?> _device = new("--device")
    {
        Description = "Where to compute: a name that 'dianative --version' lists; the GPU with room for most of the model if not given, else the processor",
        HelpName = "name",
    };

    private readonly Option<int?> _gpuLayers = Number<int>("--gpu-layers", "How much of the model a GPU gets: DAC and the last so many layers; what its memory holds if not given");

    private readonly Option<string?> _config = new("--generation-config")
    {
        Description = "Take what is not given from this generation_config.json of Hugging Face",
        HelpName = "file",
    };

    private readonly Option<bool> _greedy = new("--greedy") { Description = "Always take the most probable token; nothing is drawn" };
    private readonly Option<ulong?> _seed = Number<ulong>("--seed", "The same seed gives the same speech; drawn and printed if not given");
    private readonly Option<int?> _threads = Number<int>("--threads", "CPU threads; the physical cores if not given, fewer for a small model");

    private readonly string? _onlyDevice;

    /// <param name="device">The device of a command that leaves no choice.</param>
    internal GenerationArguments(string? device = null) => _onlyDevice = device;

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [
            _maxSeconds, _maxTokens, _maxLength, _minNewTokens, _maxTime, _cfgScale, _temperature, _topP, _topK, _minP, _typicalP,
            _repetitionPenalty, _noRepeatNgram, _greedy, _seed, _threads, _cacheType, _maxMemory, _config,
        ])
        {
            command.Options.Add(option);
        }

        if (_onlyDevice is null)
        {
            command.Options.Add(_device);
            command.Options.Add(_gpuLayers);
        }
    }

    /// <summary>How the model is to be loaded.</summary>
    internal DiaModelOptions ModelOptions(ParseResult parsed) => new()
    {
        Threads = parsed.GetValue(_threads),
        MaxMemory = parsed.GetValue(_maxMemory),
        Device = _onlyDevice ?? parsed.GetValue(_device),
        GpuLayerCount = _onlyDevice is null ? parsed.GetValue(_gpuLayers) : null,
    };

    /// <summary>How speech is to be generated. Ctrl-C keeps what was spoken.</summary>
    internal async Task<GenerationOptions> GenerationOptionsAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        GenerationOptions stated = parsed.GetValue(_config) is { } path
            ? GenerationOptions.FromJson(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false))
            : new GenerationOptions();
        return stated with
        {
            MaxDuration = Seconds(parsed, _maxSeconds),
            MaxNewTokens = parsed.GetValue(_maxTokens) ?? stated.MaxNewTokens,
            MaxLength = parsed.GetValue(_maxLength),
            MinNewTokens = parsed.GetValue(_minNewTokens) ?? stated.MinNewTokens,
            MaxTime = Seconds(parsed, _maxTime) ?? stated.MaxTime,
            GuidanceScale = parsed.GetValue(_cfgScale) ?? stated.GuidanceScale,
            Temperature = parsed.GetValue(_temperature) ?? stated.Temperature,
            ClampTemperature = stated.ClampTemperature && parsed.GetValue(_temperature) is null,
            TopP = parsed.GetValue(_topP) ?? stated.TopP,
            TopK = parsed.GetValue(_topK) ?? stated.TopK,
            MinP = parsed.GetValue(_minP) ?? stated.MinP,
            TypicalP = parsed.GetValue(_typicalP) ?? stated.TypicalP,
            RepetitionPenalty = parsed.GetValue(_repetitionPenalty) ?? stated.RepetitionPenalty,
            NoRepeatNgramSize = parsed.GetValue(_noRepeatNgram) ?? stated.NoRepeatNgramSize,
            DoSample = parsed.GetValue(_greedy) ? false : stated.DoSample,
            Seed = parsed.GetValue(_seed),
            CacheType = parsed.GetValue(_cacheType) is { } type ? Enum.Parse<WeightType>(type, ignoreCase: true) : stated.CacheType,
            OnCancellation = CancellationBehavior.ReturnPartial,
        };
    }

    private static TimeSpan? Seconds(ParseResult parsed, Option<double?> option) => parsed.GetValue(option) switch
    {
        null => null,
        double seconds and > 0 and <= 86_400 => TimeSpan.FromSeconds(seconds),
        double seconds => throw new UsageException(
            string.Create(CultureInfo.InvariantCulture, $"{option.Name} must be above 0 and at most 86400; it is {seconds}")),
    };

    private static Option<string?> CacheTypeOption()
    {
        var option = new Option<string?>("--cache-type")
        {
            Description = "Type of the attention caches: less memory with fewer bits; f32 for a model of 32-bit weights and f16 otherwise if not given",
        };
        option.AcceptOnlyFromAmong("f32", "f16", "q8_0");
        return option;
    }

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
