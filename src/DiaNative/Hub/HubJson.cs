using System.Text.Json.Serialization;

namespace DiaNative;

/// <summary>Reads <see cref="HubAnswer"/> without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HubAnswer.Revision))]
[JsonSerializable(typeof(HubAnswer.TreeEntry[]))]
[JsonSerializable(typeof(HubAnswer.CheckpointIndex))]
internal sealed partial class HubJson : JsonSerializerContext;
