// Text to speech over HTTP.
//
//     dotnet run -- --Dia:ModelPath dia-1.6b.gguf --urls http://localhost:5000
//     curl http://localhost:5000/speech --json '{ "text": "[S1] Hello there." }' --output hello.wav
//     curl http://localhost:5000/speech/stream --json '{ "text": "[S1] Hello there." }' --no-buffer | ffplay -
using DiaNative;
using SpeechServer;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Services.AddDiaNative(builder.Configuration.GetSection("Dia"));
builder.Services.AddHealthChecks().AddCheck<ModelHealthCheck>("model");
builder.Services.AddProblemDetails();
builder.Services.ConfigureHttpJsonOptions(options =>
    (options.SerializerOptions.RespectNullableAnnotations, options.SerializerOptions.RespectRequiredConstructorParameters) = (true, true));

WebApplication app = builder.Build();
app.UseExceptionHandler();
app.MapSpeech();
app.MapHealthChecks("/health");

// Without this line the first request would load the model, and find out that it is broken.
app.Services.GetRequiredService<DiaModel>();
app.Run();
