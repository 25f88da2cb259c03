using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;

namespace DiaNative.Cli;

/// <summary>A comparison as JSON for programs, and as a page for people.</summary>
internal static class ComparisonReport
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    internal static string ToJson(ModelComparison comparison) => JsonSerializer.Serialize(comparison, s_json);

    internal static string ToHtml(ModelComparison comparison)
    {
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $$"""
            <!DOCTYPE html>
            <html lang="en">
            <meta charset="utf-8">
            <title>{{Text(comparison.Candidate)}} against {{Text(comparison.Reference)}}</title>
            <style>
            body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 46em; color: #222 }
            table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .2em .8em; text-align: right; border-bottom: 1px solid #ddd }
            td:first-child, th:first-child { text-align: left } svg { display: block; margin: .5em 0 1.5em } text { font: 12px system-ui, sans-serif }
            </style>
            <h1>{{Text(comparison.Candidate)}}</h1>
            <p>Compared with {{Text(comparison.Reference)}} over {{comparison.Scripts.Count}} scripts, guidance {{comparison.GuidanceScale}}.</p>
            <table>
            <tr><th>size</th><td>{{comparison.CandidateSizeInBytes / 1e6:F1}} MB of {{comparison.ReferenceSizeInBytes / 1e6:F1}} MB</td></tr>
            <tr><th>same tokens</th><td>{{comparison.Total.Agreement:P2}} of {{comparison.Total.Positions}}</td></tr>
            <tr><th>mean KL divergence</th><td>{{comparison.Total.MeanDivergence:G4}} nats</td></tr>
            <tr><th>logits, relative RMS error</th><td>{{comparison.LogitsRelativeRms:G4}}</td></tr>
            <tr><th>logits, largest error</th><td>{{comparison.LogitsMaxError:G4}}</td></tr>
            <tr><th>mel distance</th><td>{{(comparison.MelDistance is double distance ? distance.ToString("F2", CultureInfo.InvariantCulture) + " dB" : "no codec")}}</td></tr>
            </table>

            """);
        AppendBars(page, "Part of the tokens that agree, by channel", comparison.Channels, channel => channel.Agreement, value => value.ToString("P1", CultureInfo.InvariantCulture), most: 1);
        AppendBars(
            page,
            "Mean KL divergence in nats, by channel",
            comparison.Channels,
            channel => channel.MeanDivergence,
            value => value.ToString("G3", CultureInfo.InvariantCulture),
            most: comparison.Channels.Max(channel => channel.MeanDivergence));
        AppendScripts(page, comparison.Scripts);
        return page.Append("</html>\n").ToString();
    }

    private static void AppendBars(
        StringBuilder page, string title, IReadOnlyList<ChannelComparison> channels, Func<ChannelComparison, double> value, Func<double, string> label, double most)
    {
        const int Row = 22;
        const int Left = 30;
        const int Width = 480;
        page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2>\n<svg width=\"640\" height=\"{channels.Count * Row}\" role=\"img\" aria-label=\"{Text(title)}\">\n");
        for (int i = 0; i < channels.Count; i++)
        {
            double part = most > 0 ? value(channels[i]) / most : 0;
            double width = Math.Round(part * Width, 1);
            page.Append(
                CultureInfo.InvariantCulture,
                $"<text x=\"0\" y=\"{(i * Row) + 15}\">{channels[i].Channel}</text><rect x=\"{Left}\" y=\"{(i * Row) + 3}\" width=\"{width}\" height=\"{Row - 6}\" fill=\"#4878a8\"/><text x=\"{Left + width + 6}\" y=\"{(i * Row) + 15}\">{label(value(channels[i]))}</text>\n");
        }

        page.Append("</svg>\n");
    }

    private static void AppendScripts(StringBuilder page, IReadOnlyList<ScriptComparison> scripts)
    {
        page.Append("<h2>Scripts</h2>\n<table>\n<tr><th>script</th><th>frames</th><th>same tokens</th><th>mean KL</th><th>mel, dB</th></tr>\n");
        foreach (ScriptComparison script in scripts)
        {
            page.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td>{Text(script.Script)}</td><td>{script.Frames}</td><td>{script.Agreement:P1}</td><td>{script.MeanDivergence:G3}</td><td>{script.MelDistance:F2}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static string Text(string text) => WebUtility.HtmlEncode(text);
}
