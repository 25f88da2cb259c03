using DiaNative.Interop;

namespace DiaNative.Tests.Interop;

public sealed class NativeLibraryResolverTests
{
    private static readonly string s_single = NativeLibraryResolver.FileNames([]).Single();

    [Fact]
    public void SearchedPaths_NoOverride_LooksInTheDocumentedOrder()
    {
        using var assembly = new TemporaryFolder();
        using var application = new TemporaryFolder();
        string native = Path.Combine("runtimes", NativeLibraryResolver.RuntimeIdentifier, "native");

        IReadOnlyList<string> paths = NativeLibraryResolver.SearchedPaths(null, assembly.FullName, application.FullName);

        Assert.Equal(
            [
                Path.Combine(assembly.FullName, native, s_single),
                Path.Combine(assembly.FullName, s_single),
                Path.Combine(application.FullName, native, s_single),
                Path.Combine(application.FullName, s_single),
            ],
            paths.Where(path => Path.GetFileName(path) == s_single));
        Assert.Equal(4 * (1 + CpuLevel.Supported.Count), paths.Count);
    }

    [Fact]
    public void SearchedPaths_OverrideOfFolderOrFile_LooksNowhereElse()
    {
        using var folder = new TemporaryFolder();

        Assert.All(
            NativeLibraryResolver.SearchedPaths(folder.FullName, "a", "b"), path => Assert.Equal(folder.FullName, Path.GetDirectoryName(path)));
        Assert.Equal([folder.PathTo("my.so")], NativeLibraryResolver.SearchedPaths(folder.PathTo("my.so"), "a", "b"));
    }

    [Fact]
    public void FileNames_Levels_PutsASingleBuildFirstAndThenTheBest()
    {
        string[] names = [.. NativeLibraryResolver.FileNames(["x86-64-v3", "x86-64"])];

        (string prefix, string suffix) = (Path.GetFileNameWithoutExtension(s_single), Path.GetExtension(s_single));
        Assert.Equal([s_single, $"{prefix}-x86-64-v3{suffix}", $"{prefix}-x86-64{suffix}"], names);
    }

    [Fact]
    public void Find_SeveralLevels_TakesTheBest()
    {
        using var folder = new TemporaryFolder();
        string[] names = [.. NativeLibraryResolver.FileNames(CpuLevel.Supported).Skip(1)];
        foreach (string name in names)
        {
            File.WriteAllText(folder.PathTo(name), "");
        }

        Assert.Equal(folder.PathTo(names[0]), NativeLibraryResolver.Find(NativeLibraryResolver.SearchedPaths(folder.FullName, "", "")));
    }

    [Fact]
    public void Find_Nothing_ListsThePlacesAndTheVariable()
    {
        NativeLibraryNotFoundException exception =
            Assert.Throws<NativeLibraryNotFoundException>(() => NativeLibraryResolver.Find(["/nowhere/libdia.so"]));

        Assert.Contains("/nowhere/libdia.so", exception.Message, StringComparison.Ordinal);
        Assert.Contains(NativeLibraryResolver.LibraryPathVariable, exception.Message, StringComparison.Ordinal);
        Assert.Contains(NativeLibraryResolver.RuntimeIdentifier, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OtherArchitecture_NamesBoth()
    {
        using var folder = new TemporaryFolder();
        byte[] header = new byte[64];
        "\u007FELF\u0002\u0001\u0001"u8.CopyTo(header);
        header[18] = 243; // RISC-V
        File.WriteAllBytes(folder.PathTo("libdia.so"), header);

        NativeLibraryArchitectureException exception =
            Assert.Throws<NativeLibraryArchitectureException>(() => NativeLibraryResolver.Load(folder.PathTo("libdia.so")));

        Assert.Contains("made for Linux riscv64", exception.Message, StringComparison.Ordinal);
        Assert.Contains(NativeImage.OfThisProcess.ToString(), exception.Message, StringComparison.Ordinal);
        Assert.NotNull(exception.InnerException);
    }

    [Fact]
    public void Load_NoLibraryAtAll_SaysSo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.PathTo("libdia.so"), "text");

        AssertThrows.Message<NativeLibraryArchitectureException>("no native library", () => NativeLibraryResolver.Load(folder.PathTo("libdia.so")));
    }

    [Fact]
    public void Load_AnotherLibrary_SaysWhatItLacks()
    {
        string library = OperatingSystem.IsWindows() ? "kernel32.dll" : OperatingSystem.IsMacOS() ? "libSystem.dylib" : "libc.so.6";

        AssertThrows.Message<NativeLibraryVersionException>("dia_abi_version", () => NativeLibraryResolver.Load(library));
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(7, false)]
    public void CheckVersion_FoundVersion_MustBeThatOfTheAssembly(int found, bool fits)
    {
        if (fits)
        {
            NativeLibraryResolver.CheckVersion("libdia.so", found);
        }
        else
        {
            NativeLibraryVersionException exception =
                Assert.Throws<NativeLibraryVersionException>(() => NativeLibraryResolver.CheckVersion("libdia.so", found));
            Assert.Contains("version 7", exception.Message, StringComparison.Ordinal);
            Assert.Contains($"needs version {NativeMethods.DIA_ABI_VERSION}", exception.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void DiaRuntime_Loaded_TellsVersionAndSystem()
    {
        Assert.Matches(@"^\d+\.\d+\.\d+", DiaRuntime.NativeVersion);
        Assert.NotEmpty(DiaRuntime.SystemInfo);
        Assert.True(DiaRuntime.NativeBytes >= 0);
    }
}
