namespace DiaNative;

/// <summary>The sounds that Dia makes where a text has their tag. A tag is plain text to the tokenizer, and any other is read aloud or ignored.</summary>
/// <example>
/// <code>
/// string text = $"[S1] So that was the joke. {NonVerbal.Laughs} [S2] {NonVerbal.Sighs} I see.";
/// </code>
/// </example>
public static class NonVerbal
{
    /// <summary>Applause.</summary>
    public const string Applause = "(applause)";

    /// <summary>A beep.</summary>
    public const string Beep = "(beep)";

    /// <summary>A burp.</summary>
    public const string Burps = "(burps)";

    /// <summary>A chuckle.</summary>
    public const string Chuckle = "(chuckle)";

    /// <summary>Clapping hands.</summary>
    public const string Claps = "(claps)";

    /// <summary>Clearing the throat.</summary>
    public const string ClearsThroat = "(clears throat)";

    /// <summary>A cough.</summary>
    public const string Coughs = "(coughs)";

    /// <summary>Breathing out.</summary>
    public const string Exhales = "(exhales)";

    /// <summary>A gasp.</summary>
    public const string Gasps = "(gasps)";

    /// <summary>A groan.</summary>
    public const string Groans = "(groans)";

    /// <summary>Humming.</summary>
    public const string Humming = "(humming)";

    /// <summary>Breathing in.</summary>
    public const string Inhales = "(inhales)";

    /// <summary>A laugh.</summary>
    public const string Laughs = "(laughs)";

    /// <summary>Mumbling.</summary>
    public const string Mumbles = "(mumbles)";

    /// <summary>A scream.</summary>
    public const string Screams = "(screams)";

    /// <summary>A sigh.</summary>
    public const string Sighs = "(sighs)";

    /// <summary>Singing, the form of which is <c>(singing)</c>.</summary>
    public const string Singing = "(singing)";

    /// <summary>Singing, the form of which is <c>(sings)</c>.</summary>
    public const string Sings = "(sings)";

    /// <summary>A sneeze.</summary>
    public const string Sneezes = "(sneezes)";

    /// <summary>A sniff.</summary>
    public const string Sniffs = "(sniffs)";

    /// <summary>A whistle.</summary>
    public const string Whistles = "(whistles)";

    /// <summary>All 21 tags, in alphabetical order.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Applause, Beep, Burps, Chuckle, Claps, ClearsThroat, Coughs, Exhales, Gasps, Groans, Humming, Inhales, Laughs, Mumbles, Screams,
        Sighs, Singing, Sings, Sneezes, Sniffs, Whistles,
    ];
}
