using System.Text.Json.Serialization;

namespace DiaNative;

/// <summary>The file beside a model.</summary>
[JsonSourceGenerationOptions(
    WriteIndented = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ModelOrigin))]
internal sealed partial class ModelJson : JsonSerializerContext;
