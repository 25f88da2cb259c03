using System.CommandLine;
using DiaNative.BindingsGenerator.Check;
using DiaNative.BindingsGenerator.Emit;
using DiaNative.BindingsGenerator.FrontEnds;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator;

/// <summary>The command line of the generator: the same for every choice of front ends, the first being the default.</summary>
internal static class BindingsCommand
{
    public static int Run(string[] arguments, params IReadOnlyList<IFrontEnd> frontEnds)
    {
        Option<string> root = new("--root")
        {
            Description = "The repository; by default the one that the current folder lies in",
            Recursive = true,
        };
        Option<string> frontEnd = new("--front-end")
        {
            Description = "What reads the header",
            DefaultValueFactory = _ => frontEnds[0].Name,
        };
        frontEnd.AcceptOnlyFromAmong([.. frontEnds.Select(f => f.Name)]);

        Command generate = new("generate", "Writes bindings/Generated from native/include/dia/dia.h") { frontEnd };
        generate.SetAction(result => Guarded(() =>
            Generate(LayoutOf(result.GetValue(root)), frontEnds.First(f => f.Name == result.GetValue(frontEnd)))));

        Option<string> library = new("--library") { Description = "The built library; by default that in build/lib" };
        Command check = new("check", "Reports where bindings/Generated, native/include/dia/dia.h and the library differ") { library };
        check.SetAction(result => Guarded(() => Check(LayoutOf(result.GetValue(root)), result.GetValue(library), frontEnds)));

        return new RootCommand("Makes the C# bindings of dia.h, and checks that they belong to it") { root, generate, check }
            .Parse(arguments).Invoke();
    }

    private static RepositoryLayout LayoutOf(string? root) =>
        root is null ? RepositoryLayout.Find(Directory.GetCurrentDirectory()) : new RepositoryLayout(Path.GetFullPath(root));

    private static int Generate(RepositoryLayout layout, IFrontEnd frontEnd)
    {
        if (frontEnd.Unavailable is { } reason)
        {
            throw new GeneratorException($"the front end {frontEnd.Name} cannot run: {reason}");
        }
        ApiModel model = frontEnd.Read(Header.Load(layout.Header));
        IReadOnlyList<string> violations = ApiRules.Check(model);
        if (violations.Count > 0)
        {
            throw new GeneratorException($"dia.h breaks rules of the interface:\n{string.Join('\n', violations.Select(v => "  " + v))}");
        }
        GeneratedFiles.Write(model, layout);
        Console.WriteLine(
            $"{layout.GeneratedDirectory}: {model.Functions.Count} functions, {model.Structs.Count} structures, {model.Enums.Count} enumerations, " +
            $"read with {frontEnd.Name}");
        return 0;
    }

    private static int Check(RepositoryLayout layout, string? library, IReadOnlyList<IFrontEnd> frontEnds)
    {
        IReadOnlyList<CheckResult> results = new DriftCheck(layout).Run(library ?? layout.Library, frontEnds);
        foreach (CheckResult result in results)
        {
            string verdict = result.Skipped is not null ? "skipped" : result.Problems.Count == 0 ? "ok" : "FAILED";
            Console.WriteLine($"{verdict,-8}{result.Name}{(result.Skipped is null ? "" : $" ({result.Skipped})")}");
            foreach (string problem in result.Problems)
            {
                Console.WriteLine(problem);
            }
        }
        return results.Any(r => r.Problems.Count > 0) ? 1 : 0;
    }

    private static int Guarded(Func<int> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is GeneratorException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"bindings: {exception.Message}");
            return 1;
        }
    }
}
