using System.Globalization;
using System.Text;

namespace DiaNative;

/// <summary>What a voice must be, and what it had better be.</summary>
internal static class VoiceCheck
{
    private const double ShortestRecommended = 5;
    private const double LongestRecommended = 10;
    private const float Silence = 0.001f;
    private const double QuietDecibels = -45;
    private const float NearFullScale = 0.98f;
    private const float SmallestStep = 1f / 32768;
    private const int ClippedRun = 4;
    private const double PaceFactor = 2.5;

    /// <summary>The transcript without white space around it.</summary>
    /// <exception cref="ArgumentException">It is empty, too long, or has characters that no text may have.</exception>
    /// <exception cref="VoiceException">It does not begin with a speaker tag.</exception>
    internal static string Transcript(string transcript)
    {
        ArgumentNullException.ThrowIfNull(transcript);
        string trimmed = transcript.Trim();
        if (Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(trimmed)) != trimmed)
        {
            throw new ArgumentException("The transcript of a voice has half of a surrogate pair, which is no character.", nameof(transcript));
        }

        foreach (TextWarning found in TextLint.Check(trimmed))
        {
            if (found.Severity == TextWarningSeverity.Error)
            {
                throw new ArgumentException($"The transcript of a voice: {found.Message}", nameof(transcript));
            }

            if (found.Code == TextWarningCode.NoSpeakerTag)
            {
                throw new VoiceException(
                    VoiceFault.NoSpeakerTag,
                    $"The transcript \"{Beginning(trimmed)}\" does not begin with {ScriptTurn.FirstSpeaker} or {ScriptTurn.SecondSpeaker}, " +
                    "which says who speaks.");
            }
        }

        return trimmed;
    }

    /// <exception cref="VoiceException">There is nothing to hear, or less than a frame.</exception>
    internal static void Audio(AudioBuffer audio, DacConfig config)
    {
        if (audio.Length < config.HopLength)
        {
            throw new VoiceException(
                VoiceFault.TooShort,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The audio has {audio.Length} samples; a voice needs at least one frame of {config.HopLength}, and better 5 to 10 s."));
        }

        if (audio.Peak <= Silence)
        {
            throw new VoiceException(
                VoiceFault.Silent,
                string.Create(CultureInfo.InvariantCulture, $"The audio is silent: its loudest sample is {audio.Peak:G3} of full scale."));
        }
    }

    /// <exception cref="VoiceException">There is no frame, or so many that none is left to be spoken.</exception>
    internal static void Frames(int frames, int most, double secondsPerFrame)
    {
        if (frames < 1)
        {
            throw new VoiceException(VoiceFault.TooShort, "The codes have no frame; a voice needs at least one, and better 5 to 10 s.");
        }

        if (frames > most)
        {
            throw new VoiceException(
                VoiceFault.TooLong,
                string.Create(
                    CultureInfo.InvariantCulture, $"The voice has {frames} frames ({frames * secondsPerFrame:F1} s); the decoder has room ") +
                string.Create(CultureInfo.InvariantCulture, $"for {most} ({most * secondsPerFrame:F1} s), and 5 to 10 s are best."));
        }
    }

    /// <summary>What the audio had better be.</summary>
    internal static IEnumerable<VoiceWarning> OfAudio(AudioBuffer audio)
    {
        if (audio.RmsDecibels < QuietDecibels)
        {
            yield return Warning(
                VoiceWarningCode.Quiet, $"The audio is very quiet: {audio.RmsDecibels:F0} dB on average, where speech has about -20 dB.");
        }

        int clipped = ClippedSamples(audio.Samples.Span);
        if (clipped > 0)
        {
            yield return Warning(VoiceWarningCode.Clipping, $"The audio is cut off at full scale: {clipped} samples lie in flat tops.");
        }
    }

    /// <summary>What the length and the transcript had better be.</summary>
    internal static IEnumerable<VoiceWarning> OfTranscript(string transcript, double seconds)
    {
        if (seconds < ShortestRecommended)
        {
            yield return Warning(VoiceWarningCode.ShorterThanRecommended, $"The audio has {seconds:F1} s; 5 to 10 s give a steadier voice.");
        }
        else if (seconds > LongestRecommended)
        {
            yield return Warning(VoiceWarningCode.LongerThanRecommended, $"The audio has {seconds:F1} s; 5 to 10 s are enough and leave more room.");
        }

        double spoken = SpeechLength.Seconds(transcript);
        if (spoken > PaceFactor * seconds || spoken < seconds / PaceFactor)
        {
            yield return Warning(
                VoiceWarningCode.Pace,
                $"The transcript takes about {spoken:F0} s to say, but the audio has {seconds:F1} s: it must say what is said, no more and no less.");
        }

        foreach (TextWarning found in TextLint.Check(transcript))
        {
            // How long a text had better be is a matter of the pace here.
            if (found.Severity == TextWarningSeverity.Warning && found.Code is not (TextWarningCode.TooShort or TextWarningCode.TooLong))
            {
                yield return new VoiceWarning(VoiceWarningCode.Transcript, found.Message);
            }
        }
    }

    // Samples in runs of one value near full scale: a loud wave rounds its tops, a clipped one has them flat.
    private static int ClippedSamples(ReadOnlySpan<float> samples)
    {
        int clipped = 0;
        int run = 1;
        for (int i = 1; i < samples.Length; i++)
        {
            bool isFlat = Math.Abs(samples[i]) >= NearFullScale && Math.Abs(samples[i] - samples[i - 1]) <= SmallestStep;
            run = isFlat ? run + 1 : 1;
            clipped += run == ClippedRun ? ClippedRun : run > ClippedRun ? 1 : 0;
        }

        return clipped;
    }

    private static VoiceWarning Warning(VoiceWarningCode code, FormattableString message) => new(code, FormattableString.Invariant(message));

    private static string Beginning(string text)
    {
        const int Shown = 40;
        return text.Length <= Shown ? text : text[..Shown] + "...";
    }
}
