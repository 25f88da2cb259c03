using System.ComponentModel;
using System.Text.Json;
using DiaNative.BindingsGenerator.Emit;
using DiaNative.BindingsGenerator.FrontEnds;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.Check;

/// <summary>What one part of the check found.</summary>
/// <param name="Name">Which part.</param>
/// <param name="Problems">What does not agree; empty if all does.</param>
/// <param name="Skipped">Why it could not run, or null if it ran.</param>
internal sealed record CheckResult(string Name, IReadOnlyList<string> Problems, string? Skipped = null);

/// <summary>
/// Whether the generated files belong to the header. Each part stands alone; all but the last need
/// only .NET and a C compiler.
/// </summary>
internal sealed class DriftCheck(RepositoryLayout layout)
{
    private const string Advice = "run ./build.sh bindings";

    /// <summary>All parts, from the quickest to the most thorough.</summary>
    public IReadOnlyList<CheckResult> Run(string library, IReadOnlyList<IFrontEnd> frontEnds) =>
        [Hash(), Emission(), CompiledLayout(), Exports(library), .. frontEnds.Select(Regeneration)];

    /// <summary>The generated files name the hash of the header as it is.</summary>
    public CheckResult Hash() => Guarded("the hash in the generated files is that of dia.h", () =>
    {
        string expected = Header.Load(layout.Header).Sha256;
        IEnumerable<(string Path, string Found)> stated =
        [
            (layout.Model, ReadModel().HeaderSha256),
            (layout.CSharp, Banner.HashOf(ReadGenerated(layout.CSharp))),
            (layout.LayoutCheck, Banner.HashOf(ReadGenerated(layout.LayoutCheck))),
        ];
        return [.. stated.Where(s => s.Found != expected).Select(s =>
            $"{Path.GetFileName(s.Path)} was made from a dia.h with the hash '{s.Found}'; it is {expected}: {Advice}")];
    });

    /// <summary>The generated files are what the model gives: nobody has edited them.</summary>
    public CheckResult Emission() => Guarded("the generated files are what their model gives", () => Differences(ReadModel()));

    /// <summary>A C compiler finds every size, offset, enumerator, field type and prototype of the model in the header.</summary>
    public CheckResult CompiledLayout()
    {
        return Guarded("a C compiler finds the model's layout in dia.h", () =>
        {
            foreach (string compiler in Compilers())
            {
                try
                {
                    ProcessResult result = ProcessRunner.Run(
                        compiler, [.. StrictSyntaxCheck(compiler), "-I", layout.IncludeDirectory, layout.LayoutCheck]);
                    return result.ExitCode == 0 ? [] : [$"{compiler} refused {layout.LayoutCheck}:\n{result.Output.TrimEnd()}"];
                }
                catch (Win32Exception)
                {
                    // Not on this machine; the next one may be.
                }
            }
            return [$"no C compiler was found; tried {string.Join(", ", Compilers())}"];
        });
    }

    /// <summary>The library exports every function of the model, and nothing else.</summary>
    public CheckResult Exports(string library)
    {
        const string Name = "the library exports what is bound";
        return Guarded(Name, () =>
        {
            IReadOnlySet<string> exported = LibraryExports.Read(library, out string? unavailable);
            if (unavailable is not null)
            {
                return new CheckResult(Name, [], unavailable);
            }
            HashSet<string> bound = [.. ReadModel().Functions.Select(f => f.Name)];
            return new CheckResult(Name,
            [
                .. bound.Except(exported).Order(StringComparer.Ordinal).Select(f => $"{f} is bound, but {library} does not export it"),
                .. exported.Except(bound).Order(StringComparer.Ordinal).Select(f => $"{library} exports {f}, which is not bound"),
            ]);
        });
    }

    /// <summary>A front end reads the same model out of the header as it is, and the header keeps to the rules.</summary>
    public CheckResult Regeneration(IFrontEnd frontEnd)
    {
        string name = $"{frontEnd.Name} reads the same from dia.h";
        if (frontEnd.Unavailable is { } reason)
        {
            return new CheckResult(name, [], reason);
        }
        return Guarded(name, () =>
        {
            ApiModel model = frontEnd.Read(Header.Load(layout.Header));
            return [.. ApiRules.Check(model), .. Differences(model)];
        });
    }

    private List<string> Differences(ApiModel model)
    {
        List<string> problems = [];
        foreach ((string path, string expected) in GeneratedFiles.Of(model, layout))
        {
            string[] wanted = expected.Split('\n');
            string[] found = ReadGenerated(path).Split('\n');
            int line = Enumerable.Range(0, Math.Max(wanted.Length, found.Length))
                .FirstOrDefault(i => wanted.ElementAtOrDefault(i) != found.ElementAtOrDefault(i), -1);
            if (line >= 0)
            {
                problems.Add($"{Path.GetFileName(path)}, line {line + 1}: {Advice}\n" +
                    $"  expected: {wanted.ElementAtOrDefault(line) ?? "(the end of the file)"}\n" +
                    $"  found:    {found.ElementAtOrDefault(line) ?? "(the end of the file)"}");
            }
        }
        return problems;
    }

    private ApiModel ReadModel() => ApiModelFile.Read(ReadGenerated(layout.Model));

    // A checkout may have turned LF into CRLF.
    private static string ReadGenerated(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");

    private static string[] Compilers() => OperatingSystem.IsWindows() ? ["cl", "clang", "gcc"] : ["cc", "gcc", "clang"];

    private static string[] StrictSyntaxCheck(string compiler) => Path.GetFileNameWithoutExtension(compiler) == "cl"
        ? ["/nologo", "/Zs", "/std:c11", "/W4", "/WX"]
        : ["-std=c11", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

    private static CheckResult Guarded(string name, Func<IReadOnlyList<string>> check) => Guarded(name, () => new CheckResult(name, check()));

    private static CheckResult Guarded(string name, Func<CheckResult> check)
    {
        try
        {
            return check();
        }
        catch (Exception exception) when (exception is IOException or JsonException or GeneratorException)
        {
            return new CheckResult(name, [exception.Message]);
        }
    }
}
