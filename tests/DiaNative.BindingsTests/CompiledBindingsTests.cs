using System.Reflection;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsTests;

/// <summary>The third part of the drift check: the compiled bindings against the model, and proof that it notices.</summary>
public sealed class CompiledBindingsTests
{
    private static readonly Assembly s_assembly = Assembly.Load("DiaNative");

    [Fact]
    public void CompiledBindings_OfThisCommit_MatchTheModel() => Assert.Empty(Differences(Repository.Model));

    [Fact]
    public void CompiledBindings_AreInternal()
    {
        IEnumerable<string> visible =
            from type in s_assembly.GetExportedTypes()
            where type.Namespace == "DiaNative.Interop"
            select type.Name;
        Assert.Empty(visible);
    }

    [Fact]
    public void Differences_OtherTypeOfTheSameSize_AreReported() => AssertReported(
        ChangeField("dia_generation_params", "temperature", f => f with { Type = new CType("int32_t") }),
        "DiaGenerationParams: expected int Temperature at 8, found float Temperature at 8");

    [Fact]
    public void Differences_MovedField_AreReported() => AssertReported(
        ChangeField("dia_generation_params", "seed", f => f with { Offset = 40 }),
        "DiaGenerationParams: expected ulong Seed at 40, found ulong Seed at 32");

    [Fact]
    public void Differences_LongerArray_AreReported() => AssertReported(
        ChangeField("dia_config", "delay_pattern", f => f with { Count = 33 }), "DiaConfig: expected int[33] DelayPattern");

    [Fact]
    public void Differences_AppendedField_AreReported()
    {
        ApiModel changed = ChangeStruct("dia_codec_params", s => s with
        {
            Size = s.Size + 8,
            Fields = [.. s.Fields, new ApiField("more", new CType("int64_t"), 0, s.Size, 8, "More.")],
        });
        AssertReported(changed, "DiaCodecParams has 16 bytes, expected 24");
        AssertReported(changed, "DiaCodecParams has 4 fields, expected 5");
    }

    [Fact]
    public void Differences_RenumberedEnumerator_AreReported() => AssertReported(
        Repository.Model with
        {
            Enums = Change(Repository.Model.Enums, e => e.Name == "dia_status", e => e with
            {
                Members = Change(e.Members, m => m.Name == "DIA_STATUS_IO", m => m with { Value = -40 }),
            }),
        },
        "DiaStatus: expected");

    [Fact]
    public void Differences_OtherConstant_AreReported() => AssertReported(
        Repository.Model with { Constants = Change(Repository.Model.Constants, c => c.Name == "DIA_MAX_CHANNELS", c => c with { Value = 9 }) },
        "DIA_MAX_CHANNELS is 32, expected 9");

    [Fact]
    public void Differences_SwappedParameters_AreReported() => AssertReported(
        ChangeFunction("dia_codec_decode", f => f with { Parameters = [f.Parameters[0], f.Parameters[2], f.Parameters[1], .. f.Parameters.Skip(3)] }),
        "dia_codec_decode: expected DiaStatus (DiaCodec* codec, long n_frames, int* codes");

    [Fact]
    public void Differences_SwappedParametersOfOneType_AreReported() => AssertReported(
        ChangeFunction("dia_codec_decode", f => f with
        {
            Parameters = [.. f.Parameters.Take(3), f.Parameters[4], f.Parameters[3], .. f.Parameters.Skip(5)],
        }),
        "long n_frames, long count, long first_frame");

    [Fact]
    public void Differences_OtherCallback_AreReported() => AssertReported(
        Repository.Model with
        {
            Callbacks = Change(Repository.Model.Callbacks, c => c.Name == "dia_progress_fn", c => c with { Returns = new CType("int64_t") }),
        },
        "DiaModelParams: expected delegate* unmanaged[Cdecl]<long, long, void*, long> Progress");

    [Fact]
    public void Differences_NewFunction_AreReported() => AssertReported(
        Repository.Model with { Functions = [.. Repository.Model.Functions, new ApiFunction("dia_new", "New.", new CType("void"), [])] },
        "dia_new is not bound");

    [Fact]
    public void Differences_RemovedFunction_AreReported() => AssertReported(
        Repository.Model with { Functions = [.. Repository.Model.Functions.Where(f => f.Name != "dia_version")] },
        "dia_version is bound, but the header does not declare it");

    private static IReadOnlyList<string> Differences(ApiModel model) => new CompiledBindings(s_assembly, model).Differences();

    private static void AssertReported(ApiModel changed, string expected)
    {
        IReadOnlyList<string> differences = Differences(changed);
        Assert.True(differences.Any(d => d.Contains(expected, StringComparison.Ordinal)),
            $"expected a difference with '{expected}', found {differences.Count}:\n{string.Join('\n', differences)}");
    }

    private static ApiModel ChangeField(string type, string field, Func<ApiField, ApiField> change) =>
        ChangeStruct(type, s => s with { Fields = Change(s.Fields, f => f.Name == field, change) });

    private static ApiModel ChangeStruct(string type, Func<ApiStruct, ApiStruct> change) =>
        Repository.Model with { Structs = Change(Repository.Model.Structs, s => s.Name == type, change) };

    private static ApiModel ChangeFunction(string name, Func<ApiFunction, ApiFunction> change) =>
        Repository.Model with { Functions = Change(Repository.Model.Functions, f => f.Name == name, change) };

    private static List<T> Change<T>(IReadOnlyList<T> items, Func<T, bool> isIt, Func<T, T> change)
    {
        Assert.Single(items, item => isIt(item));
        return [.. items.Select(item => isIt(item) ? change(item) : item)];
    }
}
