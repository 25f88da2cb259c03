using DiaNative.BindingsGenerator;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsTests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static RepositoryLayout Layout { get; } = RepositoryLayout.Find(AppContext.BaseDirectory);

    public static ApiModel Model { get; } = ApiModelFile.Read(File.ReadAllText(Layout.Model));

    /// <summary>The library beside the tests, which is the one that is checked.</summary>
    public static string Library => Path.Combine(AppContext.BaseDirectory, BindingsGenerator.Check.LibraryExports.FileName);
}
