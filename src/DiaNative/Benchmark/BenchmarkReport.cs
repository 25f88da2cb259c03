namespace DiaNative;

/// <summary>What <see cref="DiaBenchmark"/> measured, in three forms.</summary>
/// <param name="Json">Everything, for programs: a JSON object.</param>
/// <param name="Table">Tables of plain text.</param>
/// <param name="Plot">The time of a step against the position: an SVG.</param>
public sealed record BenchmarkReport(string Json, string Table, string Plot);
