namespace DiaNative;

/// <summary>
/// Downloads checkpoints from the Hugging Face hub. Downloads are resumed, verified by their hashes and kept in the cache that Python's
/// <c>huggingface_hub</c> uses too; several processes may share it.
/// </summary>
/// <example>
/// <code>
/// PulledModel model = await DiaHub.PullAsync();
/// using DiaTextToSpeech tts = await DiaTextToSpeech.CreateAsync(model.Path);
/// </code>
/// </example>
public static class DiaHub
{
    /// <summary>The repository of Dia-1.6B.</summary>
    public const string DefaultModel = "nari-labs/Dia-1.6B-0626";

    /// <summary>The repository of the codec that Dia-1.6B was trained with.</summary>
    public const string DefaultCodec = "descript/dac_44khz";

    /// <summary>The branch that repositories have by default.</summary>
    public const string DefaultRevision = "main";

    /// <summary>
    /// Downloads what <see cref="DiaConverter"/> reads of a repository: the configuration and the safetensors files. After a failure,
    /// a cancellation or the end of the process, the next call goes on where this one stopped.
    /// </summary>
    /// <param name="repository">The repository, such as <see cref="DefaultModel"/>.</param>
    /// <param name="revision">A branch, a tag or a commit.</param>
    /// <param name="options">How to reach the hub; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told what has arrived, a few times a second, on a thread of the download.</param>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <returns>The folder with the files.</returns>
    /// <exception cref="ArgumentException">The repository, the revision, the endpoint or the token cannot be one.</exception>
    /// <exception cref="DiaHubException">The hub refuses or fails, what came is wrong, or the disk is full.</exception>
    /// <exception cref="IOException">The cache cannot be read or written.</exception>
    /// <exception cref="OperationCanceledException">The download was cancelled.</exception>
    public static async Task<HubSnapshot> DownloadAsync(
        string repository,
        string revision = DefaultRevision,
        HubOptions? options = null,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        HubNames.RequireRepository(repository, nameof(repository));
        HubNames.RequireRevision(revision, nameof(revision));
        return (await DownloadAsync([new HubSubject(repository, revision)], options, progress, cancellationToken).ConfigureAwait(false))[0];
    }

    /// <summary>
    /// Downloads a checkpoint of Dia and one of its codec, and makes one GGUF of them. If that was done before, and neither repository
    /// nor the options have changed, the existing file is the result.
    /// </summary>
    /// <param name="repository">The repository with Dia.</param>
    /// <param name="options">What to make, and where; <see langword="null"/> for the defaults.</param>
    /// <param name="progress">Is told what has arrived, then what has been converted.</param>
    /// <param name="cancellationToken">Stops it. What has arrived stays in the cache.</param>
    /// <returns>The model, ready for <see cref="DiaModel"/>.</returns>
    /// <exception cref="ArgumentException">A repository, a revision, the endpoint or the token cannot be one.</exception>
    /// <exception cref="DiaHubException">The hub refuses or fails, what came is wrong, or the disk is full.</exception>
    /// <exception cref="DiaFileException">A checkpoint is malformed or of an unknown kind.</exception>
    /// <exception cref="IOException">The cache or the output cannot be read or written.</exception>
    /// <exception cref="NativeLibraryException">The native library is missing or does not fit.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task<PulledModel> PullAsync(
        string repository = DefaultModel,
        PullOptions? options = null,
        IProgress<HubProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new PullOptions();
        HubNames.RequireRepository(repository, nameof(repository));
        HubNames.RequireRevision(options.Revision, nameof(options.Revision));
        HubNames.RequireRepository(options.CodecRepository, nameof(options.CodecRepository));
        HubNames.RequireRevision(options.CodecRevision, nameof(options.CodecRevision));

        HubSnapshot[] snapshots = await DownloadAsync(
            [new HubSubject(repository, options.Revision), new HubSubject(options.CodecRepository, options.CodecRevision)],
            options.Hub,
            progress,
            cancellationToken).ConfigureAwait(false);
        return await ModelFolder.ConvertAsync(snapshots[0], snapshots[1], options, progress, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<HubSnapshot[]> DownloadAsync(
        HubSubject[] subjects, HubOptions? options, IProgress<HubProgress>? progress, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        HubSettings settings = HubSettings.Create(options);
        if (settings.Offline)
        {
            return [.. subjects.Select(subject => CachedSnapshot.Find(settings, subject))];
        }

        using var download = new HubDownload(settings, progress);
        return await download.RunAsync(subjects, cancellationToken).ConfigureAwait(false);
    }
}
