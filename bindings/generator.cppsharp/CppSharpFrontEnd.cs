using CppSharp;
using CppSharp.AST;
using CppSharp.Generators;
using CppSharp.Generators.CSharp;
using CppSharp.Parser;
using DiaNative.BindingsGenerator.FrontEnds;
using DiaNative.BindingsGenerator.Model;
using ASTContext = CppSharp.AST.ASTContext;

namespace DiaNative.BindingsGenerator.CppSharp;

/// <summary>
/// Reads the header with CppSharp. Only its parser is of use: the C# that it writes by itself loses the result of every
/// <c>T **</c> parameter and cannot be internal. So its back end is replaced by one that keeps what was parsed and writes nothing.
/// </summary>
internal sealed class CppSharpFrontEnd : IFrontEnd
{
    public string Name => "cppsharp";

    public string? Unavailable => null;

    public ApiModel Read(Header header)
    {
        KeepingGenerator.Units.Clear();
        string output = Directory.CreateTempSubdirectory("dia-cppsharp-").FullName;
        try
        {
            ConsoleDriver.Run(new DiaLibrary(header, output));
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
        string name = Path.GetFileName(header.Path);
        TranslationUnit unit = KeepingGenerator.Units.FirstOrDefault(u => u.FileName == name)
            ?? throw new GeneratorException($"CppSharp could not read {header.Path}; its messages are above");
        return TranslationUnitReader.Read(unit, header);
    }

    private sealed class DiaLibrary(Header header, string output) : ILibrary
    {
        private static readonly GeneratorKind s_kind =
            new("DiaModel", "Keeps what was parsed", typeof(KeepingGenerator), typeof(CSharpTypePrinter));

        public void Setup(Driver driver)
        {
            driver.Options.GeneratorKind = s_kind;
            driver.Options.OutputDir = output;
            Module module = driver.Options.AddModule("dia");
            module.OutputNamespace = "DiaNative.Interop";
            module.SharedLibraryName = "dia";
            module.IncludeDirs.Add(Path.GetDirectoryName(Path.GetFullPath(header.Path))!);
            module.Headers.Add(Path.GetFileName(header.Path));
            // Always for this machine: with another target the system's own headers give wrong sizes.
            driver.ParserOptions.LanguageVersion = LanguageVersion.C99_GNU;
        }

        public void SetupPasses(Driver driver)
        {
        }

        public void Preprocess(Driver driver, ASTContext context)
        {
        }

        public void Postprocess(Driver driver, ASTContext context)
        {
        }
    }
}
