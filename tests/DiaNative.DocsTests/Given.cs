using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace DiaNative.DocsTests;

/// <summary>
/// The variables that a snippet may use without declaring them. They are made when first used; one that a snippet declares itself hides
/// these. All snippets share the model, and none the services.
/// </summary>
public static class Given
{
    private static readonly Lazy<DiaModel> s_model = new(() => DiaModel.Load("dia-1.6b.gguf"));
    private static readonly Lazy<DiaTextToSpeech> s_tts = new(() => new DiaTextToSpeech(model));
    private static readonly Lazy<DiaForConditionalGeneration> s_dia = new(() => new DiaForConditionalGeneration(model));
    private static readonly Lazy<AudioBuffer> s_audio = new(() => AudioBuffer.Load("prompt.wav", codec.Config.SamplingRate));

    private static Lazy<IServiceCollection> s_services = null!;
    private static Lazy<WebApplicationBuilder> s_builder = null!;
    private static Lazy<WebApplication> s_app = null!;

    /// <summary>A loaded model.</summary>
    public static DiaModel model => s_model.Value;

    /// <summary>Speaks with it.</summary>
    public static DiaTextToSpeech tts => s_tts.Value;

    /// <summary>Generates with it.</summary>
    public static DiaForConditionalGeneration dia => s_dia.Value;

    /// <summary>Prepares its inputs.</summary>
    public static DiaProcessor processor => tts.Processor;

    /// <summary>Its codec.</summary>
    public static DacCodec codec => processor.Codec;

    /// <summary>Its tokenizer.</summary>
    public static DiaTokenizer tokenizer => processor.Tokenizer;

    /// <summary>The inputs of one text.</summary>
    public static DiaInputs inputs => processor.Process(text);

    /// <summary>A text of two speakers.</summary>
    public static string text => "[S1] Hello there. [S2] Hi!";

    /// <summary>Two texts.</summary>
    public static IReadOnlyList<string> texts => [text, "[S1] Good morning."];

    /// <summary>Mono audio at the codec's rate.</summary>
    public static AudioBuffer audio => s_audio.Value;

    /// <summary>A token that nobody cancels.</summary>
    public static CancellationToken cancellationToken => CancellationToken.None;

    /// <summary>Services without any registration.</summary>
    public static IServiceCollection services => s_services.Value;

    /// <summary>A web application that is being put together.</summary>
    public static WebApplicationBuilder builder => s_builder.Value;

    /// <summary>A web application, not yet running.</summary>
    public static WebApplication app => s_app.Value;

    /// <summary>Forgets what belongs to one snippet.</summary>
    internal static void Renew()
    {
        s_services = new(() => new ServiceCollection());
        s_builder = new(() => WebApplication.CreateSlimBuilder());
        s_app = new(() => builder.Build());
    }
}
