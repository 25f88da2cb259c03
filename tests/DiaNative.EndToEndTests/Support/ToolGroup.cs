namespace DiaNative.EndToEndTests.Support;

/// <summary>Tests that share the converted models. They run one after another: each starts a process that takes all cores.</summary>
[CollectionDefinition(Name)]
public sealed class ToolGroup : ICollectionFixture<ConvertedModels>
{
    internal const string Name = "tool";
}
