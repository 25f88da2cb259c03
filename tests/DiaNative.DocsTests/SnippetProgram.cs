using System.Reflection;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace DiaNative.DocsTests;

/// <summary>Makes a program of a snippet, as if it were the top-level statements of one.</summary>
internal static class SnippetProgram
{
    // What a project has by ImplicitUsings, the library, and the names of Given, which a program's own variables hide.
    private const string GlobalUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using DiaNative;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.Extensions.AI;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        global using static DiaNative.DocsTests.Given;
        """;

    private static readonly TimeSpan s_timeLimit = TimeSpan.FromMinutes(2);

    private static readonly CSharpParseOptions s_parseOptions = new(LanguageVersion.Latest);

    private static readonly CSharpCompilationOptions s_options = new(
        OutputKind.ConsoleApplication,
        nullableContextOptions: NullableContextOptions.Enable,
        specificDiagnosticOptions: [KeyValuePair.Create("MEAI001", ReportDiagnostic.Suppress)]);

    private static readonly MetadataReference[] s_references =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    /// <summary>Compiles it.</summary>
    /// <exception cref="Xunit.Sdk.XunitException">It has errors; the message has them with the lines of the page.</exception>
    internal static Assembly Compile(Snippet snippet)
    {
        SyntaxTree code = CSharpSyntaxTree.ParseText(
            SourceText.From($"#line {snippet.Line} \"{snippet.Page}\"\n{snippet.Code}\n", System.Text.Encoding.UTF8), s_parseOptions);
        var compilation = CSharpCompilation.Create(
            "Snippet" + Guid.NewGuid().ToString("N"), [CSharpSyntaxTree.ParseText(GlobalUsings, s_parseOptions), code], s_references, s_options);
        using var image = new MemoryStream();
        string[] errors =
        [
            .. compilation.Emit(image).Diagnostics
                .Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString()),
        ];
        Assert.True(errors.Length == 0, $"{string.Join('\n', errors)}\n{snippet.Code}");
        return Assembly.Load(image.ToArray());
    }

    /// <summary>Runs it in the current directory.</summary>
    internal static async Task RunAsync(Assembly program)
    {
        string[][] arguments = [[]];
        Given.Renew();
        TextWriter output = Console.Out;
        Console.SetOut(TextWriter.Null);
        try
        {
            await Task.Run(() => program.EntryPoint!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)).WaitAsync(s_timeLimit);
        }
        finally
        {
            Console.SetOut(output);
        }
    }
}
