using DiaNative.BindingsGenerator.Check;

namespace DiaNative.BindingsGenerator;

/// <summary>Where the header and the generated files lie.</summary>
internal sealed record RepositoryLayout(string Root)
{
    public string IncludeDirectory => Path.Combine(Root, "native", "include");

    public string Header => Path.Combine(IncludeDirectory, "dia", "dia.h");

    public string GeneratedDirectory => Path.Combine(Root, "bindings", "Generated");

    /// <summary>The bindings.</summary>
    public string CSharp => Path.Combine(GeneratedDirectory, "Dia.g.cs");

    /// <summary>The C file that a compiler checks against the header.</summary>
    public string LayoutCheck => Path.Combine(GeneratedDirectory, "dia_layout_check.c");

    /// <summary>What the front end read.</summary>
    public string Model => Path.Combine(GeneratedDirectory, "dia.api.json");

    /// <summary>The native library, where CMake leaves it.</summary>
    public string Library => Path.Combine(Root, "build", "lib", LibraryExports.FileName);

    /// <summary>The repository that <paramref name="start"/> lies in.</summary>
    /// <exception cref="GeneratorException">It lies in none.</exception>
    public static RepositoryLayout Find(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            RepositoryLayout layout = new(directory.FullName);
            if (File.Exists(layout.Header))
            {
                return layout;
            }
        }
        throw new GeneratorException($"neither {start} nor a folder above it holds native/include/dia/dia.h");
    }
}
