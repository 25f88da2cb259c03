namespace DiaNative.Tests.Voices;

/// <summary>
/// Damages voice files, again and again, and says what became of each. Files that are answered in a way that none was before are damaged
/// further, so that the search goes deeper than a few changes reach. The same seed damages in the same way.
/// </summary>
internal sealed class VoiceFuzzer(byte[] voice, int seed)
{
    private const int MaxFileSize = 1 << 14;
    private const int OutcomeLength = 16;

    // Values on which sums and products turn, and words of the header.
    private static readonly byte[][] s_words =
    [
        [0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0x80], [0, 0, 0, 0, 1, 0, 0, 0],
        .. "{|}|[|]|,|:|\"|\"\"|null|true|0|-1|1e9|9223372036854775807|99999999999999999999|\\u0000|\\ud800|codes|__metadata__|transcript|[S1] |[S2] "
            .Split('|').Select(System.Text.Encoding.UTF8.GetBytes),
    ];

    private readonly Random _random = new(seed);
    private readonly List<byte[]> _pool = [voice];
    private readonly HashSet<string> _outcomes = new(StringComparer.Ordinal);

    /// <summary>Files that could be loaded.</summary>
    internal int Loaded { get; private set; }

    /// <summary>Files that were refused.</summary>
    internal int Refused { get; private set; }

    /// <summary>Different answers.</summary>
    internal int Outcomes => _outcomes.Count;

    /// <summary>The file that is being tried.</summary>
    internal byte[] Input { get; private set; } = voice;

    /// <summary>Damages one file more and loads it. Anything but a usable voice or a typed error is thrown.</summary>
    internal void Next()
    {
        Input = Damaged();
        if (_outcomes.Add(OutcomeOf(Input)))
        {
            _pool.Add(Input);
        }
    }

    private string OutcomeOf(byte[] file)
    {
        try
        {
            CheckUsable(Voice.Load(new MemoryStream(file)));
            Loaded++;
            return "loaded";
        }
        catch (DiaFileException exception)
        {
            Refused++;
            // How a message ends tells what is wrong; what it begins with may stand in the file.
            return string.Concat(exception.Message.Where(char.IsAsciiLetter).TakeLast(OutcomeLength));
        }
    }

    private static void CheckUsable(Voice voice)
    {
        Assert.InRange(voice.Frames, 1, MaxFileSize);
        Assert.All(voice.Codes.Cast<int>(), code => Assert.InRange(code, 0, 65535));
        using var copy = new MemoryStream();
        voice.Save(copy);
        copy.Position = 0;
        Voice again = Voice.Load(copy);
        Assert.Equal(voice.Transcript, again.Transcript);
        Assert.Equal(voice.Codes, again.Codes);
    }

    private byte[] Damaged()
    {
        List<byte> file = [.. _pool[_random.Next(2) == 0 ? 0 : _random.Next(_pool.Count)]];
        for (int changes = _random.Next(1, 5); changes > 0 && file.Count > 0; changes--)
        {
            // What decides stands at the begin.
            int at = _random.Next(_random.Next(4) == 0 ? file.Count : Math.Min(512, file.Count));
            switch (_random.Next(6))
            {
                case 0:
                    file[at] = (byte)_random.Next(256);
                    break;
                case 1:
                    file[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 2:
                    file.RemoveRange(at, _random.Next(1, Math.Min(17, file.Count - at + 1)));
                    break;
                case 3:
                    file.InsertRange(at, s_words[_random.Next(s_words.Length)]);
                    break;
                case 4:
                    byte[] word = s_words[_random.Next(s_words.Length)];
                    file.RemoveRange(at, Math.Min(word.Length, file.Count - at));
                    file.InsertRange(at, word);
                    break;
                default:
                    int from = _random.Next(file.Count);
                    file.InsertRange(at, file.GetRange(from, Math.Min(_random.Next(1, 33), file.Count - from)));
                    break;
            }

            FixLength(file);
        }

        return [.. file.Take(MaxFileSize)];
    }

    // A wrong length of the header hides all that is wrong in it; mostly it is made right.
    private void FixLength(List<byte> file)
    {
        int data = file.LastIndexOf((byte)'}') + 1;
        if (data > sizeof(ulong) && _random.Next(8) != 0)
        {
            byte[] length = BitConverter.GetBytes((ulong)(data - sizeof(ulong)));
            for (int i = 0; i < length.Length; i++)
            {
                file[i] = length[i];
            }
        }
    }
}
