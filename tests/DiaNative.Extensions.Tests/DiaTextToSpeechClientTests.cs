using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace DiaNative.Extensions.Tests;

public sealed class DiaTextToSpeechClientTests : IDisposable
{
    private readonly DiaTextToSpeech _tts = TinyModel.Load();
    private readonly ITextToSpeechClient _client;

    public DiaTextToSpeechClientTests() =>
        _client = _tts.AsTextToSpeechClient(new DiaTextToSpeechClientOptions { Generation = TinyModel.Greedy, ModelId = "tiny" });

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task GetAudioAsync_Text_GivesAWavFileOfTheSpeech()
    {
        SpeechResult speech = _tts.Speak(TinyModel.Text, TinyModel.Greedy);

        TextToSpeechResponse response = await _client.GetAudioAsync(TinyModel.Text);

        DataContent content = Assert.IsType<DataContent>(Assert.Single(response.Contents));
        using var wav = new MemoryStream();
        speech.Audio.SaveWav(wav);
        Assert.Equal("audio/wav", content.MediaType);
        Assert.Equal(wav.ToArray(), content.Data.ToArray());
        Assert.Equal("tiny", response.ModelId);
        Assert.NotNull(response.ResponseId);
        Assert.Equal(speech.Audio.Samples.ToArray(), Assert.IsType<SpeechResult>(response.RawRepresentation).Audio.Samples.ToArray());
        Assert.Equal(
            (43L, (long)speech.Audio.Samples.Length / 512), (response.Usage!.InputTokenCount!.Value, response.Usage.OutputTokenCount!.Value));
        Assert.Equal(44100, response.AdditionalProperties!["sample_rate"]);
        Assert.Equal(speech.FinishReason.ToString(), response.AdditionalProperties["finish_reason"]);
    }

    [Fact]
    public async Task GetAudioAsync_Pcm_GivesTheSamplesAloneAtTheVolume()
    {
        byte[] whole = await PcmOf(1);
        byte[] half = await PcmOf(0.5f);
        byte[] none = await PcmOf(0);

        Assert.Equal(_tts.Speak(TinyModel.Text, TinyModel.Greedy).Audio.ToBytes(), whole);
        Assert.All(Enumerable.Range(0, whole.Length / 2), i => Assert.InRange(
            BitConverter.ToInt16(half, 2 * i) - (BitConverter.ToInt16(whole, 2 * i) / 2.0), -1, 1));
        Assert.Equal(new byte[whole.Length], none);

        async Task<byte[]> PcmOf(float volume)
        {
            TextToSpeechResponse response =
                await _client.GetAudioAsync(TinyModel.Text, new TextToSpeechOptions { AudioFormat = "pcm", Volume = volume, Language = "en-GB" });
            DataContent content = Assert.IsType<DataContent>(Assert.Single(response.Contents));
            Assert.Equal("audio/pcm", content.MediaType);
            return content.Data.ToArray();
        }
    }

    [Fact]
    public async Task GetAudioAsync_SeedAndOwnOptions_AreUsed()
    {
        var sampled = new GenerationOptions { MaxNewTokens = 40, Seed = 1 };
        var options = new TextToSpeechOptions { RawRepresentationFactory = _ => sampled };
        options.AdditionalProperties = new AdditionalPropertiesDictionary { ["seed"] = 2 };

        TextToSpeechResponse response = await _client.GetAudioAsync(TinyModel.Text, options);

        SpeechResult expected = _tts.Speak(TinyModel.Text, sampled with { Seed = 2 });
        SpeechResult actual = Assert.IsType<SpeechResult>(response.RawRepresentation);
        Assert.Equal(2UL, response.AdditionalProperties!["seed"]);
        Assert.Equal(expected.Audio.Samples.ToArray(), actual.Audio.Samples.ToArray());
    }

    [Fact]
    public async Task GetStreamingAudioAsync_Wav_JoinsToTheFileOfTheSpeech()
    {
        AudioBuffer expected = _tts.Speak(TinyModel.Text, TinyModel.Greedy).Audio;
        List<TextToSpeechResponseUpdate> updates = await _client.GetStreamingAudioAsync(TinyModel.Text).ToListAsync();

        byte[] joined = [.. updates.SelectMany(update => update.Contents).Cast<DataContent>().SelectMany(content => content.Data.ToArray())];
        using var file = new MemoryStream(joined);
        Assert.Equal(expected.ToBytes(), joined[44..]);
        Assert.Equal(expected.Samples.Length, AudioBuffer.Load(file).Samples.Length);
        Assert.All(updates.SkipLast(1), update =>
        {
            Assert.Equal(TextToSpeechResponseUpdateKind.AudioUpdating, update.Kind);
            Assert.IsType<AudioChunk>(update.RawRepresentation);
            Assert.Equal("audio/wav", Assert.IsType<DataContent>(Assert.Single(update.Contents)).MediaType);
        });
        Assert.Equal(TextToSpeechResponseUpdateKind.SessionClose, updates[^1].Kind);
        Assert.Equal(44100, updates[^1].AdditionalProperties!["sample_rate"]);
        Assert.Equal("Length", updates[^1].AdditionalProperties!["finish_reason"]);
        Assert.Single(updates.Select(update => update.ResponseId).Distinct());
    }

    [Fact]
    public async Task GetStreamingAudioAsync_PcmAtAVolume_JoinsToTheSamples()
    {
        var options = new TextToSpeechOptions { AudioFormat = "pcm", Volume = 0 };

        TextToSpeechResponse response = await _client.GetStreamingAudioAsync(TinyModel.Text, options).ToTextToSpeechResponseAsync();

        byte[] joined = [.. response.Contents.Cast<DataContent>().SelectMany(content => content.Data.ToArray())];
        Assert.Equal(new byte[_tts.Speak(TinyModel.Text, TinyModel.Greedy).Audio.Samples.Length * 2], joined);
    }

    [Fact]
    public async Task GetStreamingAudioAsync_Speed_IsRefused() => await Assert.ThrowsAsync<NotSupportedException>(
        async () => await _client.GetStreamingAudioAsync("Hi.", new TextToSpeechOptions { Speed = 2 }).ToListAsync());

    [Fact]
    public async Task GetAudioAsync_LongText_IsSpokenInPieces()
    {
        string text = string.Concat(Enumerable.Repeat("[S1] It was raining all day, wasn't it? [S2] Not here, as far as I remember. ", 6));
        using var whole = new DiaTextToSpeechClient(
            _tts, new DiaTextToSpeechClientOptions { Generation = TinyModel.Greedy, SplitLongTexts = false }, leaveOpen: true);

        TextToSpeechResponse response = await _client.GetAudioAsync(text, new TextToSpeechOptions { AudioFormat = "pcm" });
        List<TextToSpeechResponseUpdate> updates =
            await _client.GetStreamingAudioAsync(text, new TextToSpeechOptions { AudioFormat = "pcm" }).ToListAsync();
        TextToSpeechResponse one = await whole.GetAudioAsync(text);

        LongSpeechResult speech = Assert.IsType<LongSpeechResult>(response.RawRepresentation);
        Assert.InRange(speech.Pieces.Count, 3, 8);
        Assert.Equal(speech.Audio.ToBytes(), Assert.IsType<DataContent>(Assert.Single(response.Contents)).Data.ToArray());
        Assert.Equal(speech.Pieces.Sum(piece => (long)piece.Codes.GetLength(0)), response.Usage!.OutputTokenCount);
        Assert.Equal(speech.Pieces.Count + 1, updates.Count);
        Assert.IsType<SpeechResult>(one.RawRepresentation);
    }

    [Fact]
    public async Task GetAudioAsync_VoiceAndSpeed_SpeaksInTheVoiceAtTheSpeed()
    {
        SpeechResult said = _tts.Speak("[S1] It was raining.", TinyModel.Greedy);
        Voice anna = Voice.FromCodes(_tts.Processor.Codec, said.Codes, said.Text);
        var options = new DiaTextToSpeechClientOptions
        {
            Generation = TinyModel.Greedy,
            Voices = new Dictionary<string, Voice> { ["anna"] = anna },
        };
        using var client = new DiaTextToSpeechClient(_tts, options, leaveOpen: true);
        using var byDefault = new DiaTextToSpeechClient(_tts, options with { DefaultVoiceId = "anna" }, leaveOpen: true);

        TextToSpeechResponse asked = await client.GetAudioAsync("[S1] Not today.", new TextToSpeechOptions { VoiceId = "anna", AudioFormat = "pcm" });
        TextToSpeechResponse given = await byDefault.GetAudioAsync("[S1] Not today.", new TextToSpeechOptions { Speed = 2, AudioFormat = "pcm" });

        AudioBuffer expected = _tts.Speak("[S1] Not today.", anna, TinyModel.Greedy).Audio;
        Assert.Equal(expected.ToBytes(), Assert.IsType<DataContent>(asked.Contents[0]).Data.ToArray());
        Assert.Equal(expected.ChangeSpeed(2).ToBytes(), Assert.IsType<DataContent>(given.Contents[0]).Data.ToArray());
        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(
            () => client.GetAudioAsync("Hi.", new TextToSpeechOptions { VoiceId = "bob" }));
        Assert.Contains("There is no voice 'bob'; the client has anna.", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new DiaTextToSpeechClient(_tts, options with { DefaultVoiceId = "bob" }));
    }

    public static TheoryData<string, TextToSpeechOptions> Refused => new()
    {
        { "The audio format 'mp3' is not offered", new TextToSpeechOptions { AudioFormat = "mp3" } },
        { "The language 'de-DE' is not offered", new TextToSpeechOptions { Language = "de-DE" } },
        { "The pitch cannot be changed; it must be 1 or left out, not 1.5.", new TextToSpeechOptions { Pitch = 1.5f } },
        { "The model 'other' is not loaded; this client has 'tiny'.", new TextToSpeechOptions { ModelId = "other" } },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task GetAudioAsync_WhatDiaCannotDo_IsRefusedByName(string expected, TextToSpeechOptions options)
    {
        NotSupportedException exception = await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetAudioAsync(TinyModel.Text, options));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GetAudioAsync_WrongValue_Throws()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAudioAsync(""));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _client.GetAudioAsync(null!));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAudioAsync("Hi.", new TextToSpeechOptions { Volume = 2 }));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAudioAsync("Hi.", new TextToSpeechOptions { Speed = 0 }));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAudioAsync("Hi.", new TextToSpeechOptions { Volume = float.NaN }));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAudioAsync("Hi.", new TextToSpeechOptions { RawRepresentationFactory = _ => "?" }));
        await Assert.ThrowsAsync<ArgumentException>(() => _client.GetAudioAsync("Hi.", new TextToSpeechOptions
        {
            AdditionalProperties = new AdditionalPropertiesDictionary { ["seed"] = -1 },
        }));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.GetAudioAsync("Hi.", null, new CancellationToken(canceled: true)));
    }

    [Fact]
    public void GetService_KnowsWhatIsBeneath()
    {
        Assert.Same(_client, _client.GetService<ITextToSpeechClient>());
        Assert.Same(_tts, _client.GetService<DiaTextToSpeech>());
        Assert.Same(_tts.Model, _client.GetService<DiaModel>());
        Assert.Null(_client.GetService<string>());
        Assert.Null(_client.GetService<DiaModel>("key"));
        TextToSpeechClientMetadata metadata = Assert.IsType<TextToSpeechClientMetadata>(_client.GetService<TextToSpeechClientMetadata>());
        Assert.Equal(("dianative", "tiny"), (metadata.ProviderName, metadata.DefaultModelId));
        using var unnamed = new DiaTextToSpeechClient(_tts, leaveOpen: true);
        Assert.Equal(
            Path.GetFileNameWithoutExtension(TinyModel.Path), ((ITextToSpeechClient)unnamed).GetService<TextToSpeechClientMetadata>()!.DefaultModelId);
    }

    [Fact]
    public async Task Builder_Pipeline_ConfiguresAndSpeaks()
    {
        using ITextToSpeechClient client = _client.AsBuilder().ConfigureOptions(options => options.AudioFormat = "pcm").UseLogging().Build(
            new ServiceCollection().AddLogging().BuildServiceProvider());

        TextToSpeechResponse response = await client.GetAudioAsync(TinyModel.Text);

        Assert.Equal("audio/pcm", Assert.IsType<DataContent>(Assert.Single(response.Contents)).MediaType);
    }

    [Fact]
    public void Dispose_LeaveOpen_DecidesOverWhatSpeaks()
    {
        new DiaTextToSpeechClient(_tts, leaveOpen: true).Dispose();
        Assert.NotEqual(0, _tts.Speak(TinyModel.Text, TinyModel.Greedy).Audio.Samples.Length);

        _client.Dispose();
        _client.Dispose();
        Assert.Throws<ObjectDisposedException>(() => _tts.Speak(TinyModel.Text, TinyModel.Greedy));
    }

    [Fact]
    public async Task AddDiaTextToSpeechClient_SpeaksWithTheRegisteredModel()
    {
        using ServiceProvider provider = new ServiceCollection()
            .AddDiaNative(TinyModel.Path)
            .AddDiaTextToSpeechClient(new DiaTextToSpeechClientOptions { Generation = TinyModel.Greedy })
            .AddKeyedDiaNative("second", options => options.ModelPath = TinyModel.Path)
            .AddKeyedDiaTextToSpeechClient("second")
            .BuildServiceProvider(validateScopes: true);

        ITextToSpeechClient client = provider.GetRequiredService<ITextToSpeechClient>();
        ITextToSpeechClient second = provider.GetRequiredKeyedService<ITextToSpeechClient>("second");

        Assert.Same(provider.GetRequiredService<DiaTextToSpeech>(), client.GetService<DiaTextToSpeech>());
        Assert.Same(provider.GetRequiredKeyedService<DiaTextToSpeech>("second"), second.GetService<DiaTextToSpeech>());
        Assert.NotEmpty((await client.GetAudioAsync(TinyModel.Text)).Contents);
    }
}
