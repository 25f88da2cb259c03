namespace DiaNative.BindingsGenerator;

/// <summary>A failure whose message is meant for the person who runs the generator.</summary>
internal sealed class GeneratorException(string message) : Exception(message);
