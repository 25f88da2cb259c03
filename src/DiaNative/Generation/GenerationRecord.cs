namespace DiaNative;

/// <summary>Collects the scores and logits of every step, as far as the options ask for them.</summary>
internal sealed class GenerationRecord
{
    private readonly List<float[,]>[]? _scores;
    private readonly List<StepLogits>[]? _logits;
    private readonly bool[] _steps;

    public GenerationRecord(int rows, GenerationOptions options)
    {
        _scores = options.OutputScores ? NewLists<float[,]>(rows) : null;
        _logits = options.OutputLogits ? NewLists<StepLogits>(rows) : null;
        _steps = new bool[rows];
    }

    private bool IsOff => _scores is null && _logits is null;

    public IReadOnlyList<float[,]>? Scores(int row) => _scores?[row];

    public IReadOnlyList<StepLogits>? Logits(int row) => _logits?[row];

    /// <summary>Notes which rows take the step, and the logits that it chooses from.</summary>
    public void BeforeStep(DiaGenerator generator)
    {
        if (IsOff)
        {
            return;
        }

        for (int row = 0; row < _steps.Length; row++)
        {
            _steps[row] = generator.GetRow(row).FinishReason is null;
            if (_steps[row])
            {
                _logits?[row].Add(generator.GetLogits(row));
            }
        }
    }

    /// <summary>Notes the scores of the rows that have taken the step.</summary>
    public void AfterStep(DiaGenerator generator)
    {
        if (_scores is null)
        {
            return;
        }

        for (int row = 0; row < _steps.Length; row++)
        {
            if (_steps[row])
            {
                _scores[row].Add(generator.GetScores(row));
            }
        }
    }

    private static List<T>[] NewLists<T>(int count) => [.. Enumerable.Range(0, count).Select(_ => new List<T>())];
}
