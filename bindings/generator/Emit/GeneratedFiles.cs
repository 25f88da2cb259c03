using System.Text;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.Emit;

/// <summary>All files that are made from the model.</summary>
internal static class GeneratedFiles
{
    /// <summary>Every file with the text that it must have.</summary>
    public static IReadOnlyList<(string Path, string Text)> Of(ApiModel model, RepositoryLayout layout) =>
    [
        (layout.Model, ApiModelFile.Write(model)),
        (layout.CSharp, CSharpEmitter.Emit(model)),
        (layout.LayoutCheck, LayoutCheckEmitter.Emit(model)),
    ];

    public static void Write(ApiModel model, RepositoryLayout layout)
    {
        Directory.CreateDirectory(layout.GeneratedDirectory);
        foreach ((string path, string text) in Of(model, layout))
        {
            File.WriteAllText(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        }
    }
}
