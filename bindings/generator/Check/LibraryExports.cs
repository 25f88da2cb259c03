using System.ComponentModel;

namespace DiaNative.BindingsGenerator.Check;

/// <summary>The functions that a shared library exports, as <c>nm</c> lists them.</summary>
internal static class LibraryExports
{
    /// <summary>The name of the library's file on this system.</summary>
    public static string FileName =>
        OperatingSystem.IsWindows() ? "dia.dll" : OperatingSystem.IsMacOS() ? "libdia.dylib" : "libdia.so";

    /// <summary>Lists the exports.</summary>
    /// <param name="library">The library's file.</param>
    /// <param name="unavailable">Why they cannot be listed, or null.</param>
    public static IReadOnlySet<string> Read(string library, out string? unavailable)
    {
        unavailable = !File.Exists(library) ? $"{library} has not been built"
            : OperatingSystem.IsWindows() ? "nm does not read DLLs"
            : null;
        if (unavailable is not null)
        {
            return new HashSet<string>();
        }
        try
        {
            ProcessResult result = ProcessRunner.Run("nm", OperatingSystem.IsMacOS() ? ["-gU", library] : ["-D", "--defined-only", library]);
            return result.ExitCode == 0
                ? result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(NameOf).ToHashSet()
                : throw new GeneratorException($"nm could not read {library}:\n{result.Output}");
        }
        catch (Win32Exception)
        {
            unavailable = "the program 'nm' was not found";
            return new HashSet<string>();
        }
    }

    // "000000000001fc50 T dia_abi_version"; macOS puts an underscore before every name.
    private static string NameOf(string line)
    {
        string name = line[(line.LastIndexOf(' ') + 1)..];
        return OperatingSystem.IsMacOS() ? name[1..] : name;
    }
}
