using DiaNative.BindingsGenerator.Emit;
using DiaNative.BindingsGenerator.FrontEnds;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsTests;

/// <summary>Names, types, comments: the small rules of the generator.</summary>
public sealed class EmitterTests
{
    [Theory]
    [InlineData("dia_model_params", "DiaModelParams")]
    [InlineData("n_threads", "NThreads")]
    [InlineData("F16", "F16")]
    [InlineData("BF16", "BF16")]
    [InlineData("Q8_0", "Q8_0")]
    [InlineData("END_OF_SPEECH", "EndOfSpeech")]
    public void Pascal_NameOfC_BecomesNameOfCSharp(string name, string expected) => Assert.Equal(expected, CSharpNames.Pascal(name));

    [Fact]
    public void EnumMember_WithoutThePrefix_IsRefused() =>
        Assert.Throws<BindingsGenerator.GeneratorException>(() => CSharpNames.EnumMember("dia_status", "DIA_OTHER"));

    [Theory]
    [InlineData("void")]
    [InlineData("const char *")]
    [InlineData("dia_model **")]
    public void CType_ParseOfToString_IsTheSame(string text) => Assert.Equal(text, CType.Parse(text).ToString());

    [Fact]
    public void ModelFile_RoundTrip_IsTheSame() =>
        Assert.Equal(File.ReadAllText(Repository.Layout.Model).ReplaceLineEndings("\n"), ApiModelFile.Write(Repository.Model));

    [Fact]
    public void GeneratedFiles_HaveNoCarriageReturn() =>
        Assert.All(GeneratedFiles.Of(Repository.Model, Repository.Layout), file => Assert.DoesNotContain('\r', file.Text));

    [Fact]
    public void DocComment_Function_BecomesXml()
    {
        CodeWriter writer = new();
        new DocComment("Copies `x` if a < b. More.\n\nRule:\n  - one\n    line\n  - two\nthen text.\n@param[out] needed Number\n  of ids.\n@return A status.").Write(writer);
        Assert.Equal(
            """
            /// <summary>Copies <c>x</c> if a &lt; b.</summary>
            /// <param name="needed">Number of ids.</param>
            /// <returns>A status.</returns>
            /// <remarks>
            /// More.
            /// Rule:
            /// <list type="bullet">
            /// <item>one line</item>
            /// <item>two</item>
            /// </list>
            /// then text.
            /// </remarks>

            """.ReplaceLineEndings("\n"),
            writer.ToString());
    }

    [Fact]
    public void HeaderComments_AreFoundBeforeAndBehindDeclarations()
    {
        HeaderComments comments = new(
            """
            /** About the file. */
            #include <stdint.h>
            /** A status. */
            typedef enum dia_status {
                DIA_STATUS_OK = 0,  /**< Fine. */
                DIA_STATUS_BAD = -1 /**< Not fine,
                                         at all. */
            } dia_status;
            /* Plain. */
            typedef struct dia_other dia_other;
            /** Parameters. */
            typedef struct dia_params {
                const char *name;  /**< A name. */
                int32_t values[4]; /**< Four. */
            } dia_params;
            /** Called back. */
            typedef void (*dia_fn)(void *user_data);
            /**
             * Frees.
             *
             * Twice is wrong.
             */
            DIA_API void dia_free(dia_params *params);
            """);
        Assert.Equal("A status.", comments.Of("dia_status"));
        Assert.Equal("Fine.", comments.Of("dia_status", "DIA_STATUS_OK"));
        Assert.Equal("Not fine,\nat all.", comments.Of("dia_status", "DIA_STATUS_BAD").Replace("                             ", "", StringComparison.Ordinal));
        Assert.Equal("", comments.Of("dia_other"));
        Assert.Equal("A name.", comments.Of("dia_params", "name"));
        Assert.Equal("Four.", comments.Of("dia_params", "values"));
        Assert.Equal("Called back.", comments.Of("dia_fn"));
        Assert.Equal("Frees.\n\nTwice is wrong.", comments.Of("dia_free"));
    }
}
