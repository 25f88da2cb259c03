namespace DiaNative;

/// <summary>The server sends the whole file where a part was asked for. It never leaves the library.</summary>
internal sealed class RangeIgnoredException() : Exception("The server does not send parts of files.");
