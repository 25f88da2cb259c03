namespace DiaNative.Cli;

/// <summary>A command line that parses and yet makes no sense, such as two sources of text.</summary>
internal sealed class UsageException(string message) : Exception(message);
