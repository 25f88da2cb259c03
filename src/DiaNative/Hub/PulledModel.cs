namespace DiaNative;

/// <summary>A model that <see cref="DiaHub.PullAsync"/> has made.</summary>
/// <param name="Name">Its name, such as <c>nari-labs/Dia-1.6B-0626-q8_0</c>.</param>
/// <param name="Path">The GGUF file.</param>
/// <param name="SizeInBytes">Bytes of the file.</param>
/// <param name="Origin">Where it comes from; <see langword="null"/> for a file that was put into the folder by hand.</param>
public sealed record PulledModel(string Name, string Path, long SizeInBytes, ModelOrigin? Origin);
