namespace DiaNative.ParityTests;

/// <summary>The cases of one kind in every golden set, as data of a theory: the set's index and name, and the case's id.</summary>
internal static class GoldenCases
{
    private const string None = "(no such case)";

    internal static TheoryData<int, string, string> OfKind(string kind)
    {
        var data = new TheoryData<int, string, string>();
        for (int index = 0; index < GoldenSet.All.Count; index++)
        {
            GoldenSet set = GoldenSet.All[index];
            foreach (string id in set.Cases.Where(entry => entry.Kind == kind).Select(entry => entry.Id).DefaultIfEmpty(None))
            {
                data.Add(index, set.Name, id);
            }
        }

        return data;
    }

    /// <summary>The case, or a skipped test where a set has none of the kind.</summary>
    internal static GoldenCase Get(int set, string id)
    {
        Skip.If(id == None, $"the set {GoldenSet.All[set].Name} has no case of this kind");
        return GoldenSet.All[set].Case(id);
    }
}
