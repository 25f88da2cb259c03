using System.Text.RegularExpressions;
using DiaNative.Interop;
using Microsoft.Extensions.Logging;

namespace DiaNative.Tests.Interop;

/// <summary>Numbers and names that are written in two places are the same in both.</summary>
public sealed partial class AgreementTests
{
    [Fact]
    public void DiaErrorCode_EveryValue_IsADiaStatus() =>
        Assert.Equal(
            Enum.GetValues<DiaStatus>().Select(value => (int)value).Order(),
            Enum.GetValues<DiaErrorCode>().Select(value => (int)value).Order());

    [Fact]
    public void WeightType_EveryValue_IsADiaType() =>
        Assert.Equal(
            Enum.GetValues<DiaType>().Select(value => $"{value} {(int)value}".Replace("_", "", StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase),
            Enum.GetValues<WeightType>().Select(value => $"{value} {(int)value}".Replace("_", "", StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase),
            StringComparer.OrdinalIgnoreCase);

    [Fact]
    public void WeightMix_EveryValue_IsADiaMix() =>
        Assert.Equal(Enum.GetValues<DiaMix>().Select(value => $"{value} {(int)value}".Replace("_", "", StringComparison.Ordinal)), Enum.GetValues<WeightMix>().Select(value => $"{value} {(int)value}".Replace("_", "", StringComparison.Ordinal)));

    [Fact]
    public void FinishReason_WhatTheGeneratorDecides_IsADiaFinishReason() =>
        Assert.Equal(
            [DiaFinishReason.None, DiaFinishReason.EndOfSpeech, DiaFinishReason.Length, DiaFinishReason.Stopped],
            Enum.GetValues<DiaFinishReason>().OrderBy(value => (int)value));

    [Fact]
    public void CpuLevel_Names_AreThoseOfTheBuild()
    {
        string cmake = File.ReadAllText(RepositoryLayout.PathTo("cmake", "CpuLevel.cmake"));
        IEnumerable<string> built = LevelPattern().Matches(cmake).Select(match => match.Groups[1].Value).Where(level => level != "native");

        Assert.Equal(
            built.Order(StringComparer.Ordinal),
            new[] { CpuLevel.X64, CpuLevel.X64V3, CpuLevel.X64V4, CpuLevel.X64V4Vnni, CpuLevel.Armv8, CpuLevel.Armv8DotProduct }
                .Order(StringComparer.Ordinal));
    }

    [Fact]
    public unsafe void GenerationDefaults_NativeInit_AreThoseOfTheReference()
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaGenerationParams native;
        NativeStatus.ThrowIfFailed(NativeMethods.dia_generation_params_init(&native, (uint)sizeof(DiaGenerationParams)));

        GenerationOptions defaults = GenerationOptions.FromNative(native);

        Assert.Equal((true, 1.2f, 45, 0.95f, 3f, 0), (
            defaults.DoSample, defaults.Temperature, defaults.TopK, defaults.TopP, defaults.GuidanceScale, defaults.MinNewTokens));
    }

    [Theory]
    [InlineData((int)DiaLogLevel.Debug, LogLevel.Debug)]
    [InlineData((int)DiaLogLevel.Info, LogLevel.Information)]
    [InlineData((int)DiaLogLevel.Warning, LogLevel.Warning)]
    [InlineData((int)DiaLogLevel.Error, LogLevel.Error)]
    public void LogLevel_NativeLevel_HasItsTwin(int native, LogLevel expected) => Assert.Equal(expected, NativeLog.ToLogLevel((DiaLogLevel)native));

    [GeneratedRegex("""DIA_CPU_LEVEL STREQUAL "([^"]+)""")]
    private static partial Regex LevelPattern();
}
