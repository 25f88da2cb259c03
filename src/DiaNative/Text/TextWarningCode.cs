namespace DiaNative;

/// <summary>What <see cref="TextLint"/> can find in a text.</summary>
public enum TextWarningCode
{
    /// <summary>The text is empty, or only white space. An error.</summary>
    Empty,

    /// <summary>A character U+0000 to U+0002, which the model would take for a tag. An error.</summary>
    ForbiddenCharacter,

    /// <summary>The literal <c>&lt;pad&gt;</c>, which the model takes for padding. An error.</summary>
    PaddingToken,

    /// <summary>The text has more tokens (bytes of UTF-8, or speaker tags) than the model reads. An error.</summary>
    TooManyTokens,

    /// <summary>The text does not begin with a speaker tag. <see cref="DiaTextToSpeech"/> adds <c>[S1]</c> unless there is another bracket.</summary>
    NoSpeakerTag,

    /// <summary>The text begins with <c>[S2]</c>; the model was trained on texts that begin with <c>[S1]</c>. A hint.</summary>
    BeginsWithSecondSpeaker,

    /// <summary>A speaker has two turns in a row: the model expects <c>[S1]</c> and <c>[S2]</c> to alternate.</summary>
    SameSpeakerTwice,

    /// <summary>A speaker tag with nothing to say behind it, other than at the end of the text.</summary>
    EmptyTurn,

    /// <summary>
    /// The text does not end with the tag of the speaker before the last one, which makes the end of the audio better. A hint.
    /// </summary>
    NoClosingTag,

    /// <summary>Something in brackets that is not <c>[S1]</c> or <c>[S2]</c>: it is read aloud.</summary>
    UnknownSpeakerTag,

    /// <summary>Something in parentheses that is none of <see cref="NonVerbal.All"/>: it is read aloud, or makes a strange sound.</summary>
    UnknownNonVerbal,

    /// <summary>So little text that the speech may become noise, silence or very long: less than about five seconds.</summary>
    TooShort,

    /// <summary>So much text that the speech becomes hurried: more than about twenty seconds. See <see cref="ScriptSplitter"/>.</summary>
    TooLong,

    /// <summary>Letters that English does not have; the model speaks English only.</summary>
    NotEnglish,

    /// <summary>An ellipsis, which makes no pause. A hint.</summary>
    Ellipsis,

    /// <summary>Several exclamation marks in a row, which the model may scream. A hint.</summary>
    RepeatedExclamation,
}
