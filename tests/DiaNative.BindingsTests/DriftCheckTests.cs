using DiaNative.BindingsGenerator.Check;
using DiaNative.BindingsGenerator.FrontEnds;

namespace DiaNative.BindingsTests;

/// <summary>The drift check passes on this commit, and each of its parts notices a header or a file that was changed.</summary>
public sealed class DriftCheckTests
{
    private static readonly CastXmlFrontEnd s_castXml = new();

    /// <summary>A change of the header: what it is, the text, its replacement, and whether a C compiler can notice.</summary>
    public static TheoryData<string, string, string, bool> HeaderChanges => new()
    {
        { "field of another size", "int32_t use_mmap; ", "int64_t use_mmap; ", true },
        { "field of another type", "float temperature; ", "int32_t temperature; ", true },
        { "renamed field", "int32_t load_codec; ", "int32_t with_codec; ", true },
        { "fields in another order", "int32_t n_threads;       /**< CPU", "int32_t n_cpus, n_threads; /**< CPU", true },
        {
            "swapped parameters", "dia_model_params_init(dia_model_params *params, uint32_t struct_size)",
            "dia_model_params_init(uint32_t struct_size, dia_model_params *params)", true
        },
        {
            "swapped parameters of one type", "int64_t n_frames, int64_t first_frame, int64_t count",
            "int64_t n_frames, int64_t count, int64_t first_frame", false
        },
        { "parameter that is not const any more", "dia_convert(const dia_convert_params", "dia_convert(dia_convert_params", true },
        { "other return type", "DIA_API int64_t dia_live_bytes", "DIA_API int32_t dia_live_bytes", true },
        { "other callback", "(*dia_progress_fn)(int64_t done, int64_t", "(*dia_progress_fn)(int32_t done, int64_t", true },
        { "renumbered enumerator", "DIA_STATUS_IO = -4, ", "DIA_STATUS_IO = -40,", true },
        { "other constant", "DIA_MAX_CHANNELS = 32, ", "DIA_MAX_CHANNELS = 16, ", true },
        { "new enumerator", "DIA_STATUS_MEMORY_LIMIT = -12 ", "DIA_STATUS_NEW = -13, DIA_STATUS_MEMORY_LIMIT = -12 ", false },
        { "new function", "#endif /* DIA_H */", "/** New. */\nDIA_API int32_t dia_new(void);\n#endif /* DIA_H */", false },
        { "removed function", "DIA_API int64_t dia_live_bytes(void);", "", true },
    };

    [Fact]
    public void EveryPart_OnThisCommit_Passes()
    {
        DriftCheck check = new(Repository.Layout);
        foreach (CheckResult result in check.Run(Repository.Library, [s_castXml]))
        {
            Assert.True(result.Problems.Count == 0, $"{result.Name}:\n{string.Join('\n', result.Problems)}");
        }
    }

    [Theory]
    [MemberData(nameof(HeaderChanges))]
    public void Hash_ChangedHeader_Fails(string what, string old, string replacement, bool compilerCanNotice)
    {
        _ = compilerCanNotice;
        using ScratchRepository scratch = Changed(old, replacement);
        Assert.True(scratch.Check.Hash().Problems.Count == 3, $"{what}: expected all three generated files to be reported");
    }

    [Theory]
    [MemberData(nameof(HeaderChanges))]
    public void CompiledLayout_ChangedHeader_FailsWhereACompilerCanNotice(string what, string old, string replacement, bool compilerCanNotice)
    {
        using ScratchRepository scratch = Changed(old, replacement);
        IReadOnlyList<string> problems = scratch.Check.CompiledLayout().Problems;
        Assert.True(problems.Count > 0 == compilerCanNotice, $"{what}: {string.Join('\n', problems)}");
    }

    [CastXmlTheory]
    [MemberData(nameof(HeaderChanges))]
    public void Regeneration_ChangedHeader_Fails(string what, string old, string replacement, bool compilerCanNotice)
    {
        _ = compilerCanNotice;
        using ScratchRepository scratch = Changed(old, replacement);
        Assert.True(scratch.Check.Regeneration(s_castXml).Problems.Count > 0, $"{what}: castxml reads the same as before");
    }

    [Fact]
    public void Hash_HeaderWithCrlf_Passes()
    {
        using ScratchRepository scratch = new();
        File.WriteAllText(scratch.Layout.Header, File.ReadAllText(scratch.Layout.Header).ReplaceLineEndings("\r\n"));
        Assert.Empty(scratch.Check.Hash().Problems);
    }

    [Theory]
    [InlineData("Dia.g.cs", "HuggingFace = 0,", "HuggingFace = 2,")]
    [InlineData("dia_layout_check.c", "_Static_assert(DIA_STATUS_IO == -4, \"DIA_STATUS_IO\");", "")]
    public void Emission_EditedFile_Fails(string file, string old, string replacement)
    {
        using ScratchRepository scratch = new();
        ScratchRepository.Replace(Path.Combine(scratch.Layout.GeneratedDirectory, file), old, replacement);
        string problem = Assert.Single(scratch.Check.Emission().Problems);
        Assert.StartsWith(file, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryPart_MissingFiles_FailsWithAMessage()
    {
        using ScratchRepository scratch = new();
        Directory.Delete(scratch.Layout.GeneratedDirectory, recursive: true);
        Assert.All(
            [scratch.Check.Hash(), scratch.Check.Emission(), scratch.Check.CompiledLayout(), scratch.Check.Exports(Repository.Library)],
            result => Assert.NotEmpty(result.Problems));
    }

    [CastXmlFact]
    public void Regeneration_HeaderThatDoesNotParse_FailsWithTheCompilersMessage()
    {
        using ScratchRepository scratch = Changed("int32_t use_mmap; ", "int32_t use mmap; ");
        Assert.Contains("expected ';'", Assert.Single(scratch.Check.Regeneration(s_castXml).Problems), StringComparison.Ordinal);
    }

    [CastXmlTheory]
    [InlineData("long", "DIA_API long dia_new(void);", "'long int'")]
    [InlineData("size_t", "DIA_API void dia_new(__SIZE_TYPE__ size);", "'long unsigned int'")]
    [InlineData("undocumented", "DIA_API void dia_new(int32_t size);", "dia_new has no comment")]
    [InlineData("prefix", "/** New. */\nDIA_API void new_function(int32_t size);", "new_function does not begin with dia_")]
    [InlineData("by value", "/** New. */\nDIA_API void dia_new(dia_config config);", "dia_new passes dia_config by value")]
    [InlineData("padding", "/** New. */\ntypedef struct dia_new { int32_t a; /**< A. */\n int64_t b; /**< B. */\n} dia_new;", "dia_new.b is at byte 8")]
    [InlineData("unsigned enum", "/** New. */\ntypedef enum dia_new { DIA_NEW_A = 0 /**< A. */\n} dia_new;", "dia_new has no negative member")]
    [InlineData("union", "/** New. */\ntypedef union dia_new { int32_t a; float b; } dia_new;", "Union")]
    public void Regeneration_DeclarationThatTheInterfaceForbids_IsNamed(string what, string declaration, string expected)
    {
        using ScratchRepository scratch = Changed("#endif /* DIA_H */", $"{declaration}\n#endif /* DIA_H */");
        IReadOnlyList<string> problems = scratch.Check.Regeneration(s_castXml).Problems;
        Assert.True(problems.Any(p => p.Contains(expected, StringComparison.Ordinal)), $"{what}: {string.Join('\n', problems)}");
    }

    private static ScratchRepository Changed(string old, string replacement)
    {
        ScratchRepository scratch = new();
        ScratchRepository.Replace(scratch.Layout.Header, old, replacement);
        return scratch;
    }
}
