using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using DiaNative.EndToEndTests.Support;

namespace DiaNative.EndToEndTests;

/// <summary>The samples do what they say.</summary>
[Collection(ToolGroup.Name)]
public sealed class SampleTests(ConvertedModels models) : IDisposable
{
    private const string Text = "[S1] Good morning.";

    private readonly TemporaryFolder _folder = new();

    private static string EmbeddedModel => Path.Combine(CommandLineTool.EmbeddedModelFolder, "default.gguf");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Hello_TextAndRecording_WritesAFileEach()
    {
        string first = _folder.File("first.wav");
        string second = _folder.File("second.wav");

        await RunHelloAsync(EmbeddedModel, Text, first);
        await RunHelloAsync(EmbeddedModel, Text, second, first, Text);

        Assert.True(WavFile.Read(first).SampleCount > 0);
        Assert.True(WavFile.Read(second).SampleCount > 0);
    }

    [Fact]
    public async Task Server_Speech_AnswersWithAWavFile()
    {
        await using SampleServer server = await SampleServer.StartAsync("--Dia:ModelPath", EmbeddedModel);
        string path = _folder.File("speech.wav");

        using HttpResponseMessage response = await server.Client.PostAsJsonAsync("/speech", new { text = Text, seed = 42 });
        await File.WriteAllBytesAsync(path, await response.Content.ReadAsByteArrayAsync());

        Assert.Equal((HttpStatusCode.OK, "audio/wav"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Equal("42", Assert.Single(response.Headers.GetValues("X-Speech-Seed")));
        Assert.True(WavFile.Read(path).SampleCount > 0);

        using HttpResponseMessage streamed = await server.Client.PostAsJsonAsync("/speech/stream", new { text = Text, seed = 42 });
        byte[] bytes = await streamed.Content.ReadAsByteArrayAsync();
        Assert.Equal((HttpStatusCode.OK, "audio/wav"), (streamed.StatusCode, streamed.Content.Headers.ContentType!.MediaType));
        Assert.Equal((await File.ReadAllBytesAsync(path))[44..], bytes[44..]);

        Assert.Equal("Healthy", await server.Client.GetStringAsync("/health"));
    }

    [Theory]
    [InlineData("/speech", "", "The text is empty.")]
    [InlineData("/speech/stream", "[S1] a\u0001", "U+0001")]
    public async Task Server_TextThatCannotBeSpoken_IsABadRequest(string path, string text, string expected)
    {
        await using SampleServer server = await SampleServer.StartAsync("--Dia:ModelPath", EmbeddedModel);

        using HttpResponseMessage response = await server.Client.PostAsJsonAsync(path, new { text });

        Assert.Equal((HttpStatusCode.BadRequest, "application/problem+json"), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Contains(expected, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_WrongBody_IsABadRequest()
    {
        await using SampleServer server = await SampleServer.StartAsync("--Dia:ModelPath", EmbeddedModel);

        using HttpResponseMessage response = await server.Client.PostAsJsonAsync("/speech", new { text = Text, maxSeconds = -1 });

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains("MaxDuration must be above 0", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        using HttpResponseMessage withoutText = await server.Client.PostAsJsonAsync("/speech", new { seed = 1 });
        Assert.Equal(HttpStatusCode.BadRequest, withoutText.StatusCode);
    }

    [Fact]
    public async Task Server_ClientHangsUp_EndsTheGeneration()
    {
        // Random weights speak for hours, and there is one turn at a time: only if the first one ends has the second its turn.
        string model = await models.GetAsync(GoldenSet.First);
        await using SampleServer server = await SampleServer.StartAsync("--Dia:ModelPath", model, "--Dia:MaxConcurrentGenerations", "1");
        using (var hangsUp = new CancellationTokenSource())
        {
            using HttpRequestMessage endless = new(HttpMethod.Post, "/speech/stream")
            {
                Content = JsonContent.Create(new { text = Text, seed = 1, maxSeconds = 36_000 }),
            };
            using HttpResponseMessage response = await server.Client.SendAsync(endless, HttpCompletionOption.ResponseHeadersRead, hangsUp.Token);
            await using Stream stream = await response.Content.ReadAsStreamAsync(hangsUp.Token);
            await stream.ReadExactlyAsync(new byte[1000], hangsUp.Token);
            await hangsUp.CancelAsync();
        }

        using HttpResponseMessage next = await server.Client.PostAsJsonAsync("/speech", new { text = Text, seed = 1, maxSeconds = 0.5 });

        Assert.Equal(HttpStatusCode.OK, next.StatusCode);
    }

    [Theory]
    [InlineData("Dia:ModelPath", "missing.gguf", "there is no file")]
    [InlineData("Dia:Thraeds", "1", "'Thraeds'")]
    public async Task Server_WrongConfiguration_DoesNotStart(string key, string value, string expected)
    {
        InvalidOperationException exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => SampleServer.StartAsync("--Dia:ModelPath", EmbeddedModel, $"--{key}", value));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    private static async Task RunHelloAsync(params string[] arguments)
    {
        string executable = CommandLineTool.Metadata("SampleHello") + (OperatingSystem.IsWindows() ? ".exe" : "");
        var info = new ProcessStartInfo(executable, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(info)!;
        (await CommandLineTool.FinishAsync(process)).ShouldSucceed();
    }
}
