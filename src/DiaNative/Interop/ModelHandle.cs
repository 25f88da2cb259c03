using Microsoft.Extensions.Logging;

namespace DiaNative.Interop;

/// <summary>A <c>dia_model</c>: immutable weights, usable by any number of threads.</summary>
internal sealed unsafe class ModelHandle : NativeHandle
{
    private ModelHandle(nint value, ILogger logger)
        : base(value, logger)
    {
    }

    internal static ModelHandle Load(
        string path, DiaModelOptions options, ILogger logger, IProgress<ByteProgress>? progress, CancellationToken cancellationToken)
    {
        NativeLibraryResolver.EnsureLoaded();
        using var callback = new ProgressCallback(progress, cancellationToken);
        using var log = new NativeLog.Scope(logger);
        byte* nativePath = null;
        byte* device = null;
        try
        {
            nativePath = Utf8.Allocate(path, nameof(path));
            device = Utf8.Allocate(options.Device, nameof(options.Device));
            DiaModelParams parameters = ToParams(options, device);
            parameters.Progress = ProgressCallback.Function;
            parameters.UserData = callback.UserData;
            DiaModel* model;
            callback.ThrowIfFailed(NativeMethods.dia_model_load(nativePath, &parameters, &model));
            return new ModelHandle((nint)model, logger);
        }
        finally
        {
            Utf8.Free(nativePath);
            Utf8.Free(device);
        }
    }

    /// <param name="options">How to load.</param>
    /// <param name="device">The name of the device, which the parameters refer to.</param>
    internal static DiaModelParams ToParams(DiaModelOptions options, byte* device)
    {
        DiaModelParams parameters;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_model_params_init(&parameters, (uint)sizeof(DiaModelParams)));
        parameters.UseMmap = options.UseMemoryMap ? 1 : 0;
        parameters.LoadCodec = options.LoadCodec ? 1 : 0;
        parameters.MaxMemory = options.MaxMemory ?? 0;
        parameters.Device = device;
        parameters.NGpuLayers = options.GpuLayerCount ?? parameters.NGpuLayers;
        return parameters;
    }

    internal string Description
    {
        get
        {
            using var lease = new HandleLease(this);
            return Utf8.ToString(NativeMethods.dia_model_description((DiaModel*)lease.Pointer)) ?? "";
        }
    }

    internal string Device
    {
        get
        {
            using var lease = new HandleLease(this);
            return Utf8.ToString(NativeMethods.dia_model_device((DiaModel*)lease.Pointer)) ?? "";
        }
    }

    internal int GpuLayerCount
    {
        get
        {
            using var lease = new HandleLease(this);
            return NativeMethods.dia_model_n_gpu_layers((DiaModel*)lease.Pointer);
        }
    }

    internal ModelFacts GetFacts()
    {
        using var lease = new HandleLease(this);
        DiaConfig native = default;
        native.StructSize = (uint)sizeof(DiaConfig);
        NativeStatus.ThrowIfFailed(NativeMethods.dia_model_get_config((DiaModel*)lease.Pointer, &native));
        return new ModelFacts(
            ToConfig(native),
            native.HasCodec != 0 ? ToCodecConfig(native) : null,
            native.CodecHasEncoder != 0,
            native.NParameters,
            native.CodecNParameters,
            native.NBytes);
    }

    internal DiaGenerationParams GetGenerationParams()
    {
        using var lease = new HandleLease(this);
        DiaGenerationParams parameters;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_model_get_generation_params(
            (DiaModel*)lease.Pointer, &parameters, (uint)sizeof(DiaGenerationParams)));
        return parameters;
    }

    protected override bool ReleaseHandle()
    {
        NativeMethods.dia_model_free((DiaModel*)handle);
        return true;
    }

    private static DiaNative.DiaConfig ToConfig(in DiaConfig native)
    {
        var encoder = new DiaEncoderConfig
        {
            MaxPositionEmbeddings = native.EncoderMaxPositionEmbeddings,
            NumHiddenLayers = native.EncoderNumHiddenLayers,
            HiddenSize = native.EncoderHiddenSize,
            NumAttentionHeads = native.EncoderNumAttentionHeads,
            NumKeyValueHeads = native.EncoderNumKeyValueHeads,
            HeadDim = native.EncoderHeadDim,
            IntermediateSize = native.EncoderIntermediateSize,
            VocabSize = native.EncoderVocabSize,
            NormEps = native.EncoderNormEps,
            RopeTheta = native.EncoderRopeTheta,
        };
        var decoder = new DiaDecoderConfig
        {
            MaxPositionEmbeddings = native.DecoderMaxPositionEmbeddings,
            NumHiddenLayers = native.DecoderNumHiddenLayers,
            HiddenSize = native.DecoderHiddenSize,
            NumAttentionHeads = native.DecoderNumAttentionHeads,
            NumKeyValueHeads = native.DecoderNumKeyValueHeads,
            HeadDim = native.DecoderHeadDim,
            CrossNumAttentionHeads = native.DecoderCrossNumAttentionHeads,
            CrossNumKeyValueHeads = native.DecoderCrossNumKeyValueHeads,
            CrossHeadDim = native.DecoderCrossHeadDim,
            CrossHiddenSize = native.DecoderCrossHiddenSize,
            IntermediateSize = native.DecoderIntermediateSize,
            VocabSize = native.DecoderVocabSize,
            NormEps = native.DecoderNormEps,
            RopeTheta = native.DecoderRopeTheta,
            NumChannels = native.NumChannels,
            BosTokenId = native.BosTokenId,
            EosTokenId = native.EosTokenId,
            PadTokenId = native.PadTokenId,
        };
        fixed (int* delays = native.DelayPattern)
        {
            return new DiaNative.DiaConfig
            {
                Encoder = encoder,
                Decoder = decoder,
                NormEps = native.EncoderNormEps,
                DelayPattern = new ReadOnlySpan<int>(delays, native.NumChannels).ToArray(),
            };
        }
    }

    private static DacConfig ToCodecConfig(in DiaConfig native)
    {
        fixed (int* downsampling = native.CodecDownsamplingRatios, upsampling = native.CodecUpsamplingRatios)
        {
            return new DacConfig
            {
                SamplingRate = native.CodecSamplingRate,
                HopLength = native.CodecHopLength,
                NumCodebooks = native.CodecNCodebooks,
                CodebookSize = native.CodecCodebookSize,
                CodebookDim = native.CodecCodebookDim,
                HiddenSize = native.CodecHiddenSize,
                EncoderHiddenSize = native.CodecEncoderHiddenSize,
                DecoderHiddenSize = native.CodecDecoderHiddenSize,
                DownsamplingRatios = new ReadOnlySpan<int>(downsampling, native.CodecNBlocks).ToArray(),
                UpsamplingRatios = new ReadOnlySpan<int>(upsampling, native.CodecNBlocks).ToArray(),
            };
        }
    }
}
