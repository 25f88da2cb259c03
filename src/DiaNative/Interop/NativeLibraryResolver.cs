using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>
/// Finds and loads the native library, once, before anything else calls it.
/// </summary>
/// <remarks>
/// It is looked for, in this order:
/// <list type="number">
/// <item>in the file or folder that the AppContext value <c>DiaNative.LibraryPath</c> names, else the environment variable
/// <c>DIA_LIBRARY_PATH</c>; if one is set, nowhere else;</item>
/// <item>in <c>runtimes/&lt;rid&gt;/native</c> beside this assembly;</item>
/// <item>beside this assembly;</item>
/// <item>in the base directory of the application, and <c>runtimes/&lt;rid&gt;/native</c> there.</item>
/// </list>
/// A folder may hold one build for all processors (<c>libdia.so</c>, <c>libdia.dylib</c>, <c>dia.dll</c>) or one build per level of
/// <see cref="CpuLevel"/> (<c>libdia-x86-64-v3.so</c> and so on), of which the best one for this processor is taken.
/// </remarks>
internal static unsafe class NativeLibraryResolver
{
    internal const string LibraryPathSetting = "DiaNative.LibraryPath";
    internal const string LibraryPathVariable = "DIA_LIBRARY_PATH";

    private static readonly Lazy<Outcome> s_outcome = new(LoadOnce);

    /// <summary>Loads the library if it is not loaded.</summary>
    /// <exception cref="NativeLibraryException">The library is missing, made for another machine, or of another version.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static void EnsureLoaded() => s_outcome.Value.Failure?.Throw();

    private static Outcome LoadOnce()
    {
        try
        {
            string path = Find(SearchedPaths(Override(), AssemblyDirectory(), AppContext.BaseDirectory));
            nint library = Load(path);
            NativeLibrary.SetDllImportResolver(
                typeof(NativeLibraryResolver).Assembly,
                (name, _, _) => name == NativeMethods.LibraryName ? library : 0);
            NativeLog.Install();
            return default;
        }
        catch (DiaException exception)
        {
            return new Outcome(ExceptionDispatchInfo.Capture(exception));
        }
    }

    private static string? Override() =>
        AppContext.GetData(LibraryPathSetting) as string ?? Environment.GetEnvironmentVariable(LibraryPathVariable);

    // The location is empty in a single-file application, whose base directory is the place then.
    [UnconditionalSuppressMessage("SingleFile", "IL3000", Justification = "An empty location is handled.")]
    private static string AssemblyDirectory()
    {
        string location = Assembly.GetExecutingAssembly().Location;
        return location.Length > 0 ? Path.GetDirectoryName(location)! : AppContext.BaseDirectory;
    }

    /// <summary>The files to try, in order.</summary>
    internal static IReadOnlyList<string> SearchedPaths(string? overridePath, string assemblyDirectory, string baseDirectory)
    {
        if (!string.IsNullOrEmpty(overridePath))
        {
            return Directory.Exists(overridePath) ? [.. FilesIn(overridePath)] : [Path.GetFullPath(overridePath)];
        }

        return [.. new[] { assemblyDirectory, baseDirectory }
            .SelectMany(directory => new[] { Path.Combine(directory, "runtimes", RuntimeIdentifier, "native"), directory })
            .SelectMany(FilesIn)
            .Distinct(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> FilesIn(string directory) =>
        FileNames(CpuLevel.Supported).Select(name => Path.GetFullPath(Path.Combine(directory, name)));

    /// <summary>A single build comes first: who makes one means it. Otherwise the best level comes first.</summary>
    internal static IEnumerable<string> FileNames(IReadOnlyList<string> levels)
    {
        (string prefix, string suffix) =
            OperatingSystem.IsWindows() ? ("dia", ".dll") :
            OperatingSystem.IsMacOS() ? ("libdia", ".dylib") : ("libdia", ".so");
        return levels.Select(level => $"{prefix}-{level}{suffix}").Prepend(prefix + suffix);
    }

    /// <summary>The portable runtime identifier, such as <c>linux-x64</c>: that of the package's folders.</summary>
    internal static string RuntimeIdentifier
    {
        get
        {
            string system = OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux";
            return $"{system}-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        }
    }

    /// <exception cref="NativeLibraryNotFoundException">No file exists.</exception>
    internal static string Find(IReadOnlyList<string> paths) =>
        paths.FirstOrDefault(File.Exists) ?? throw new NativeLibraryNotFoundException(
            $"The native library of DiaNative for {RuntimeIdentifier} was not found. Reference the package of this platform, or set " +
            $"the environment variable {LibraryPathVariable} to the library or its folder. Searched: {string.Join(", ", paths)}.");

    /// <summary>Loads one file and checks that it is made for this machine and this assembly.</summary>
    /// <exception cref="NativeLibraryException">It is not, or the loader refuses it.</exception>
    internal static nint Load(string path)
    {
        nint library;
        try
        {
            library = NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw LoadFailure(path, exception);
        }

        try
        {
            CheckVersion(path, library);
            return library;
        }
        catch (NativeLibraryVersionException)
        {
            NativeLibrary.Free(library);
            throw;
        }
    }

    private static NativeLibraryException LoadFailure(string path, Exception exception)
    {
        NativeImage? image = NativeImage.Read(path);
        NativeImage process = NativeImage.OfThisProcess;
        if (image is null)
        {
            return new NativeLibraryArchitectureException(
                $"'{path}' is no native library of this kind of machine; this process is {process}.", exception);
        }

        return image != process
            ? new NativeLibraryArchitectureException($"'{path}' is made for {image}; this process is {process}.", exception)
            : new NativeLibraryException($"'{path}' could not be loaded: {exception.Message}", exception);
    }

    private static void CheckVersion(string path, nint library)
    {
        if (!NativeLibrary.TryGetExport(library, "dia_abi_version", out nint address))
        {
            throw new NativeLibraryVersionException($"'{path}' is not the native library of DiaNative: it lacks dia_abi_version.");
        }

        CheckVersion(path, ((delegate* unmanaged[Cdecl]<int>)address)());
    }

    internal static void CheckVersion(string path, int found)
    {
        const int Expected = NativeMethods.DIA_ABI_VERSION;
        if (found != Expected)
        {
            throw new NativeLibraryVersionException(string.Create(CultureInfo.InvariantCulture,
                $"'{path}' has version {found} of the binary interface; this assembly needs version {Expected}. ") +
                "Use a library and an assembly of the same release.");
        }
    }

    private readonly record struct Outcome(ExceptionDispatchInfo? Failure);
}
