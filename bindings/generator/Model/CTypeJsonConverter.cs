using System.Text.Json;
using System.Text.Json.Serialization;

namespace DiaNative.BindingsGenerator.Model;

/// <summary>Writes a type as C spells it.</summary>
internal sealed class CTypeJsonConverter : JsonConverter<CType>
{
    public override CType Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        CType.Parse(reader.GetString() ?? throw new JsonException("a type is a string"));

    public override void Write(Utf8JsonWriter writer, CType value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
