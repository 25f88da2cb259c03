using CppSharp.AST;
using CppSharp.Generators;

namespace DiaNative.BindingsGenerator.CppSharp;

/// <summary>A back end of CppSharp that keeps the translation units. CppSharp creates it by its type, hence the static list.</summary>
public sealed class KeepingGenerator(BindingContext context) : Generator(context)
{
    internal static List<TranslationUnit> Units { get; } = [];

    /// <inheritdoc/>
    public override bool SetupPasses() => true;

    /// <inheritdoc/>
    public override List<CodeGenerator> Generate(IEnumerable<TranslationUnit> units)
    {
        List<TranslationUnit> parsed = [.. units];
        Units.AddRange(parsed);
        return [.. parsed.Select(unit => new EmptyCode(Context, unit))];
    }

    private sealed class EmptyCode(BindingContext context, TranslationUnit unit) : CodeGenerator(context, unit)
    {
        public override string FileExtension => "txt";

        public override void Process()
        {
        }
    }
}
