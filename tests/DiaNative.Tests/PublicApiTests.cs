using System.Text;

namespace DiaNative.Tests;

/// <summary>
/// The public surface is the one in PublicApi.txt. Who changes it on purpose copies PublicApi.received.txt, which a failure leaves
/// beside the test assembly, over it.
/// </summary>
public sealed class PublicApiTests
{
    [Fact]
    public void PublicSurface_OfTheAssembly_IsTheApprovedOne()
    {
        string approvedPath = RepositoryLayout.PathTo("tests", "DiaNative.Tests", "PublicApi.txt");
        string approved = File.Exists(approvedPath) ? File.ReadAllText(approvedPath).ReplaceLineEndings("\n") : "";
        string received = PublicApi.Describe(typeof(DiaModel).Assembly);
        string receivedPath = Path.Combine(AppContext.BaseDirectory, "PublicApi.received.txt");
        File.WriteAllText(receivedPath, received, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));

        string[] removed = [.. approved.Split('\n').Except(received.Split('\n'))];
        string[] added = [.. received.Split('\n').Except(approved.Split('\n'))];
        Assert.True(
            approved == received,
            $"The public surface differs from {approvedPath}.\nGone:\n{string.Join('\n', removed)}\nNew:\n{string.Join('\n', added)}\n" +
            $"If that is meant so: cp {receivedPath} {approvedPath}");
    }

    [Fact]
    public void PublicTypes_AreInTheOneNamespace() =>
        Assert.All(typeof(DiaModel).Assembly.GetExportedTypes(), type => Assert.Equal(nameof(DiaNative), type.Namespace));
}
