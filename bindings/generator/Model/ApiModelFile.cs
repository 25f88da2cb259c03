using System.Text.Encodings.Web;
using System.Text.Json;

namespace DiaNative.BindingsGenerator.Model;

/// <summary>The model as JSON, so that checks and tests need no front end.</summary>
internal static class ApiModelFile
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        NewLine = "\n",
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };

    public static string Write(ApiModel model) => JsonSerializer.Serialize(model, s_options) + "\n";

    public static ApiModel Read(string json) =>
        JsonSerializer.Deserialize<ApiModel>(json, s_options) ?? throw new JsonException("the model is null");
}
