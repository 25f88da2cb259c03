using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace DiaNative;

/// <summary>
/// Reads and writes <c>config.json</c>. The documents have every field of both spellings; what is absent is null.
/// </summary>
internal static class ConfigJson
{
    // The reference's own default, which is not the rate of the codec that Dia uses.
    private const int UnstatedSamplingRate = 16000;

    internal static DiaConfig ReadDia(string json)
    {
        DiaDocument document = Parse(json, ConfigJsonContext.Default.DiaDocument);
        CheckModelType(document.ModelType, "dia");
        CheckRope("encoder_config", document.EncoderConfig);
        CheckRope("decoder_config", document.DecoderConfig);

        var defaults = new DiaConfig();
        float normEps = document.NormEps ?? defaults.NormEps;
        var config = new DiaConfig
        {
            Encoder = ReadEncoder(document.EncoderConfig ?? new PartDocument(), normEps),
            Decoder = ReadDecoder(document.DecoderConfig ?? new PartDocument(), document, normEps),
            NormEps = normEps,
            DelayPattern = document.DelayPattern ?? defaults.DelayPattern,
            InitializerRange = document.InitializerRange ?? defaults.InitializerRange,
            UseCache = document.UseCache ?? defaults.UseCache,
        };
        config.Validate();
        return config;
    }

    internal static string WriteDia(DiaConfig config, ConfigFormat format)
    {
        bool topLevelIds = format == ConfigFormat.Transformers4;
        var document = new DiaDocument
        {
            Architectures = ["DiaForConditionalGeneration"],
            ModelType = "dia",
            IsEncoderDecoder = true,
            NormEps = config.NormEps,
            InitializerRange = config.InitializerRange,
            UseCache = config.UseCache,
            DelayPattern = [.. config.DelayPattern],
            BosTokenId = topLevelIds ? config.BosTokenId : null,
            EosTokenId = topLevelIds ? config.EosTokenId : null,
            PadTokenId = topLevelIds ? config.PadTokenId : null,
            EncoderConfig = WriteEncoder(config.Encoder, format),
            DecoderConfig = WriteDecoder(config.Decoder, format),
        };
        return JsonSerializer.Serialize(document, ConfigJsonContext.Default.DiaDocument);
    }

    internal static DacConfig ReadDac(string json)
    {
        DacDocument document = Parse(json, ConfigJsonContext.Default.DacDocument);
        CheckModelType(document.ModelType, "dac");

        var defaults = new DacConfig();
        IReadOnlyList<int> downsampling = document.DownsamplingRatios ?? defaults.DownsamplingRatios;
        int encoderHiddenSize = document.EncoderHiddenSize ?? defaults.EncoderHiddenSize;
        var config = new DacConfig
        {
            EncoderHiddenSize = encoderHiddenSize,
            DownsamplingRatios = downsampling,
            UpsamplingRatios = document.UpsamplingRatios ?? [.. downsampling.Reverse()],
            DecoderHiddenSize = document.DecoderHiddenSize ?? defaults.DecoderHiddenSize,
            HiddenSize = document.HiddenSize ?? DerivedHiddenSize(encoderHiddenSize, downsampling.Count),
            HopLength = document.HopLength ?? DerivedHopLength(downsampling),
            NumCodebooks = document.NCodebooks ?? defaults.NumCodebooks,
            CodebookSize = document.CodebookSize ?? defaults.CodebookSize,
            CodebookDim = document.CodebookDim ?? defaults.CodebookDim,
            SamplingRate = document.SamplingRate ?? UnstatedSamplingRate,
        };
        config.Validate();
        return config;
    }

    internal static string WriteDac(DacConfig config)
    {
        var document = new DacDocument
        {
            Architectures = ["DacModel"],
            ModelType = "dac",
            EncoderHiddenSize = config.EncoderHiddenSize,
            DownsamplingRatios = [.. config.DownsamplingRatios],
            UpsamplingRatios = [.. config.UpsamplingRatios],
            DecoderHiddenSize = config.DecoderHiddenSize,
            HiddenSize = config.HiddenSize,
            HopLength = config.HopLength,
            NCodebooks = config.NumCodebooks,
            CodebookSize = config.CodebookSize,
            CodebookDim = config.CodebookDim,
            SamplingRate = config.SamplingRate,
        };
        return JsonSerializer.Serialize(document, ConfigJsonContext.Default.DacDocument);
    }

    private static T Parse<T>(string json, JsonTypeInfo<T> type)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new DiaConfigException("The configuration is null; an object is expected.");
        }
        catch (JsonException exception)
        {
            throw new DiaConfigException($"The configuration is not valid: {exception.Message}", exception);
        }
    }

    private static void CheckModelType(string? found, string expected)
    {
        if (found is not null && found != expected)
        {
            throw new DiaConfigException($"model_type must be \"{expected}\", not \"{found}\".");
        }
    }

    private static void CheckRope(string section, PartDocument? part)
    {
        if (part?.RopeParameters?.RopeType is { } type && type != "default")
        {
            throw new DiaConfigException($"{section}.rope_parameters.rope_type must be \"default\", not \"{type}\".");
        }

        if (part?.RopeScaling is { ValueKind: not JsonValueKind.Null } scaling)
        {
            throw new DiaConfigException($"{section}.rope_scaling must be null, not {scaling.GetRawText()}.");
        }
    }

    private static float RopeTheta(PartDocument part, float defaultValue) =>
        part.RopeParameters?.RopeTheta ?? part.RopeTheta ?? defaultValue;

    private static DiaEncoderConfig ReadEncoder(PartDocument part, float normEps)
    {
        var defaults = new DiaEncoderConfig();
        return new DiaEncoderConfig
        {
            MaxPositionEmbeddings = part.MaxPositionEmbeddings ?? defaults.MaxPositionEmbeddings,
            NumHiddenLayers = part.NumHiddenLayers ?? defaults.NumHiddenLayers,
            HiddenSize = part.HiddenSize ?? defaults.HiddenSize,
            NumAttentionHeads = part.NumAttentionHeads ?? defaults.NumAttentionHeads,
            NumKeyValueHeads = part.NumKeyValueHeads ?? defaults.NumKeyValueHeads,
            HeadDim = part.HeadDim ?? defaults.HeadDim,
            IntermediateSize = part.IntermediateSize ?? defaults.IntermediateSize,
            NormEps = part.NormEps ?? normEps,
            VocabSize = part.VocabSize ?? defaults.VocabSize,
            HiddenAct = part.HiddenAct ?? defaults.HiddenAct,
            RopeTheta = RopeTheta(part, defaults.RopeTheta),
            InitializerRange = part.InitializerRange ?? defaults.InitializerRange,
        };
    }

    private static DiaDecoderConfig ReadDecoder(PartDocument part, DiaDocument document, float normEps)
    {
        var defaults = new DiaDecoderConfig();
        return new DiaDecoderConfig
        {
            MaxPositionEmbeddings = part.MaxPositionEmbeddings ?? defaults.MaxPositionEmbeddings,
            NumHiddenLayers = part.NumHiddenLayers ?? defaults.NumHiddenLayers,
            HiddenSize = part.HiddenSize ?? defaults.HiddenSize,
            NumAttentionHeads = part.NumAttentionHeads ?? defaults.NumAttentionHeads,
            NumKeyValueHeads = part.NumKeyValueHeads ?? defaults.NumKeyValueHeads,
            HeadDim = part.HeadDim ?? defaults.HeadDim,
            CrossNumAttentionHeads = part.CrossNumAttentionHeads ?? defaults.CrossNumAttentionHeads,
            CrossNumKeyValueHeads = part.CrossNumKeyValueHeads ?? defaults.CrossNumKeyValueHeads,
            CrossHeadDim = part.CrossHeadDim ?? defaults.CrossHeadDim,
            CrossHiddenSize = part.CrossHiddenSize ?? defaults.CrossHiddenSize,
            IntermediateSize = part.IntermediateSize ?? defaults.IntermediateSize,
            NormEps = part.NormEps ?? normEps,
            VocabSize = part.VocabSize ?? defaults.VocabSize,
            HiddenAct = part.HiddenAct ?? defaults.HiddenAct,
            NumChannels = part.NumChannels ?? defaults.NumChannels,
            RopeTheta = RopeTheta(part, defaults.RopeTheta),
            InitializerRange = part.InitializerRange ?? defaults.InitializerRange,
            UseCache = part.UseCache ?? defaults.UseCache,
            BosTokenId = document.BosTokenId ?? part.BosTokenId ?? defaults.BosTokenId,
            EosTokenId = document.EosTokenId ?? part.EosTokenId ?? defaults.EosTokenId,
            PadTokenId = document.PadTokenId ?? part.PadTokenId ?? defaults.PadTokenId,
        };
    }

    private static PartDocument WriteEncoder(DiaEncoderConfig encoder, ConfigFormat format) => new()
    {
        ModelType = "dia_encoder",
        MaxPositionEmbeddings = encoder.MaxPositionEmbeddings,
        NumHiddenLayers = encoder.NumHiddenLayers,
        HiddenSize = encoder.HiddenSize,
        NumAttentionHeads = encoder.NumAttentionHeads,
        NumKeyValueHeads = encoder.NumKeyValueHeads,
        HeadDim = encoder.HeadDim,
        IntermediateSize = encoder.IntermediateSize,
        NormEps = encoder.NormEps,
        VocabSize = encoder.VocabSize,
        HiddenAct = encoder.HiddenAct,
        InitializerRange = encoder.InitializerRange,
        RopeTheta = format == ConfigFormat.Transformers4 ? encoder.RopeTheta : null,
        RopeParameters = format == ConfigFormat.Transformers5 ? RopeDocument.Create(encoder.RopeTheta) : null,
    };

    private static PartDocument WriteDecoder(DiaDecoderConfig decoder, ConfigFormat format) => new()
    {
        ModelType = "dia_decoder",
        MaxPositionEmbeddings = decoder.MaxPositionEmbeddings,
        NumHiddenLayers = decoder.NumHiddenLayers,
        HiddenSize = decoder.HiddenSize,
        NumAttentionHeads = decoder.NumAttentionHeads,
        NumKeyValueHeads = decoder.NumKeyValueHeads,
        HeadDim = decoder.HeadDim,
        CrossNumAttentionHeads = decoder.CrossNumAttentionHeads,
        CrossNumKeyValueHeads = decoder.CrossNumKeyValueHeads,
        CrossHeadDim = decoder.CrossHeadDim,
        CrossHiddenSize = decoder.CrossHiddenSize,
        IntermediateSize = decoder.IntermediateSize,
        NormEps = decoder.NormEps,
        VocabSize = decoder.VocabSize,
        HiddenAct = decoder.HiddenAct,
        NumChannels = decoder.NumChannels,
        InitializerRange = decoder.InitializerRange,
        UseCache = decoder.UseCache,
        RopeTheta = format == ConfigFormat.Transformers4 ? decoder.RopeTheta : null,
        RopeParameters = format == ConfigFormat.Transformers5 ? RopeDocument.Create(decoder.RopeTheta) : null,
        BosTokenId = format == ConfigFormat.Transformers5 ? decoder.BosTokenId : null,
        EosTokenId = format == ConfigFormat.Transformers5 ? decoder.EosTokenId : null,
        PadTokenId = format == ConfigFormat.Transformers5 ? decoder.PadTokenId : null,
    };

    // Where a file does not state them, the reference derives both from the encoder.
    private static int DerivedHiddenSize(int encoderHiddenSize, int blocks)
    {
        long size = encoderHiddenSize;
        for (int i = 0; i < blocks; i++)
        {
            size = Math.Min(size * 2, int.MaxValue);
        }

        return (int)size;
    }

    private static int DerivedHopLength(IReadOnlyList<int> ratios) =>
        (int)ratios.Aggregate(1L, (product, ratio) => Math.Clamp(product * ratio, int.MinValue, int.MaxValue));
}

internal sealed class DiaDocument
{
    public IReadOnlyList<string>? Architectures { get; set; }

    public string? ModelType { get; set; }

    public bool? IsEncoderDecoder { get; set; }

    public float? NormEps { get; set; }

    public float? InitializerRange { get; set; }

    public bool? UseCache { get; set; }

    public int[]? DelayPattern { get; set; }

    public int? BosTokenId { get; set; }

    public int? EosTokenId { get; set; }

    public int? PadTokenId { get; set; }

    public PartDocument? EncoderConfig { get; set; }

    public PartDocument? DecoderConfig { get; set; }
}

/// <summary>An <c>encoder_config</c> or a <c>decoder_config</c>.</summary>
internal sealed class PartDocument
{
    public string? ModelType { get; set; }

    public int? MaxPositionEmbeddings { get; set; }

    public int? NumHiddenLayers { get; set; }

    public int? HiddenSize { get; set; }

    public int? NumAttentionHeads { get; set; }

    public int? NumKeyValueHeads { get; set; }

    public int? HeadDim { get; set; }

    public int? CrossNumAttentionHeads { get; set; }

    public int? CrossNumKeyValueHeads { get; set; }

    public int? CrossHeadDim { get; set; }

    public int? CrossHiddenSize { get; set; }

    public int? IntermediateSize { get; set; }

    public float? NormEps { get; set; }

    public int? VocabSize { get; set; }

    public string? HiddenAct { get; set; }

    public int? NumChannels { get; set; }

    public float? InitializerRange { get; set; }

    public bool? UseCache { get; set; }

    public float? RopeTheta { get; set; }

    public JsonElement? RopeScaling { get; set; }

    public RopeDocument? RopeParameters { get; set; }

    public int? BosTokenId { get; set; }

    public int? EosTokenId { get; set; }

    public int? PadTokenId { get; set; }
}

internal sealed class RopeDocument
{
    public float? RopeTheta { get; set; }

    public string? RopeType { get; set; }

    internal static RopeDocument Create(float theta) => new() { RopeTheta = theta, RopeType = "default" };
}

internal sealed class DacDocument
{
    public IReadOnlyList<string>? Architectures { get; set; }

    public string? ModelType { get; set; }

    public int? EncoderHiddenSize { get; set; }

    public int[]? DownsamplingRatios { get; set; }

    public int[]? UpsamplingRatios { get; set; }

    public int? DecoderHiddenSize { get; set; }

    public int? HiddenSize { get; set; }

    public int? HopLength { get; set; }

    public int? NCodebooks { get; set; }

    public int? CodebookSize { get; set; }

    public int? CodebookDim { get; set; }

    public int? SamplingRate { get; set; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    WriteIndented = true)]
[JsonSerializable(typeof(DiaDocument))]
[JsonSerializable(typeof(DacDocument))]
internal sealed partial class ConfigJsonContext : JsonSerializerContext;
