using System.Globalization;
using DiaNative;

namespace SpeechServer;

/// <summary>
/// <c>POST /speech</c> answers with a WAV file, <c>POST /speech/stream</c> with one that grows while it is spoken. Who hangs up ends the
/// generation.
/// </summary>
internal static class SpeechEndpoints
{
    private const string MediaType = "audio/wav";

    internal static void MapSpeech(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder speech = routes.MapGroup("/speech").AddEndpointFilter(RefuseAsync);
        speech.MapPost("/", SpeakAsync);
        speech.MapPost("/stream", Stream);
    }

    private static async Task<IResult> SpeakAsync(SpeechBody body, DiaTextToSpeech tts, HttpContext http)
    {
        SpeechResult speech = await tts.SpeakAsync(body.Text, body.ToOptions(), cancellationToken: http.RequestAborted);
        http.Response.Headers["X-Speech-Seed"] = speech.Seed.ToString(CultureInfo.InvariantCulture);
        http.Response.Headers["X-Speech-Finish-Reason"] = speech.FinishReason.ToString();
        return Results.Stream(stream => speech.Audio.SaveWavAsync(stream, cancellationToken: http.RequestAborted), MediaType);
    }

    private static IResult Stream(SpeechBody body, DiaTextToSpeech tts, CancellationToken aborted)
    {
        GenerationOptions options = body.ToOptions();
        return Results.Stream(
            async stream =>
            {
                await using var writer = new WavStreamWriter(stream, tts.Processor.Codec.Config.SamplingRate, leaveOpen: true);
                await foreach (AudioChunk chunk in tts.SpeakStreamingAsync(body.Text, options, cancellationToken: aborted))
                {
                    await writer.WriteAsync(chunk.Audio, aborted);
                    await stream.FlushAsync(aborted);
                }

                await writer.CompleteAsync(aborted);
            },
            MediaType);
    }

    // Before the first byte, since a stream cannot take it back.
    private static async ValueTask<object?> RefuseAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        SpeechBody body = context.GetArgument<SpeechBody>(0);
        TextWarning[] errors = [.. TextLint.Check(body.Text).Where(warning => warning.Severity == TextWarningSeverity.Error)];
        if (errors.Length > 0)
        {
            return Results.ValidationProblem(new Dictionary<string, string[]> { ["text"] = [.. errors.Select(error => error.Message)] });
        }

        try
        {
            return await next(context);
        }
        catch (ArgumentException exception)
        {
            return Results.Problem(exception.Message, statusCode: StatusCodes.Status400BadRequest);
        }
        catch (OperationCanceledException) when (context.HttpContext.RequestAborted.IsCancellationRequested)
        {
            return Results.StatusCode(StatusCodes.Status499ClientClosedRequest);
        }
    }
}
