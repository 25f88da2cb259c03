using System.Runtime.InteropServices;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsTests;

/// <summary>The fourth part of the drift check: the bindings against the built library.</summary>
public sealed class LibraryTests
{
    [Fact]
    public void EveryBoundFunction_IsInTheLibrary()
    {
        nint library = NativeLibrary.Load(Repository.Library);
        try
        {
            IEnumerable<string> missing = Repository.Model.Functions.Select(f => f.Name).Where(name => !NativeLibrary.TryGetExport(library, name, out _));
            Assert.Empty(missing);
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    [NmFact]
    public void TheLibrary_ExportsNothingElse() =>
        Assert.Empty(new BindingsGenerator.Check.DriftCheck(Repository.Layout).Exports(Repository.Library).Problems);

    [NmFact]
    public void Exports_FunctionThatTheLibraryLacks_IsReported()
    {
        using ScratchRepository scratch = new();
        ApiFunction added = new("dia_new", "New.", new CType("void"), []);
        File.WriteAllText(scratch.Layout.Model, ApiModelFile.Write(Repository.Model with { Functions = [.. Repository.Model.Functions, added] }));
        Assert.Contains(scratch.Check.Exports(Repository.Library).Problems, p => p.StartsWith("dia_new is bound", StringComparison.Ordinal));
    }

    [NmFact]
    public void Exports_FunctionThatIsNotBound_IsReported()
    {
        using ScratchRepository scratch = new();
        File.WriteAllText(scratch.Layout.Model, ApiModelFile.Write(
            Repository.Model with { Functions = [.. Repository.Model.Functions.Where(f => f.Name != "dia_version")] }));
        Assert.Contains(scratch.Check.Exports(Repository.Library).Problems, p => p.Contains("exports dia_version,", StringComparison.Ordinal));
    }
}
