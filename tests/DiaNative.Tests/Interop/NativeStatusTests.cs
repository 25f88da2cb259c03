using DiaNative.Interop;

namespace DiaNative.Tests.Interop;

public sealed class NativeStatusTests
{
    public static TheoryData<int, Type, DiaErrorCode> Table => new()
    {
        { (int)DiaStatus.InvalidArgument, typeof(ArgumentException), DiaErrorCode.InvalidArgument },
        { (int)DiaStatus.InvalidState, typeof(InvalidOperationException), DiaErrorCode.InvalidState },
        { (int)DiaStatus.OutOfMemory, typeof(InsufficientMemoryException), DiaErrorCode.OutOfMemory },
        { (int)DiaStatus.Io, typeof(IOException), DiaErrorCode.InputOutput },
        { (int)DiaStatus.InvalidFile, typeof(DiaFileException), DiaErrorCode.InvalidFile },
        { (int)DiaStatus.Unsupported, typeof(DiaFileException), DiaErrorCode.Unsupported },
        { (int)DiaStatus.Cancelled, typeof(OperationCanceledException), DiaErrorCode.Cancelled },
        { (int)DiaStatus.BufferTooSmall, typeof(DiaException), DiaErrorCode.BufferTooSmall },
        { (int)DiaStatus.TextTooLong, typeof(TextTooLongException), DiaErrorCode.TextTooLong },
        { (int)DiaStatus.NotANumber, typeof(DiaException), DiaErrorCode.NotANumber },
        { (int)DiaStatus.Internal, typeof(DiaException), DiaErrorCode.Internal },
        { (int)DiaStatus.MemoryLimit, typeof(MemoryLimitException), DiaErrorCode.MemoryLimit },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void ToException_Status_GivesTheTypeTheMessageAndTheCode(int status, Type type, DiaErrorCode code)
    {
        Exception exception = NativeStatus.ToException((DiaStatus)status, "expected 1, found 2");

        Assert.IsType(type, exception);
        Assert.Equal("expected 1, found 2", exception.Message);
        Assert.Equal((int)code, status);
        if (exception is DiaException own)
        {
            Assert.Equal(code, own.Code);
        }
    }

    [Fact]
    public void ToException_EveryStatusButOk_IsInTheTable() =>
        Assert.Equal(
            Enum.GetValues<DiaStatus>().Where(status => status != DiaStatus.Ok).Order(),
            Table.Select(row => (DiaStatus)(int)row[0]).Order());

    [Fact]
    public void ToException_Cancelled_CarriesTheToken()
    {
        using var source = new CancellationTokenSource();

        var exception = (OperationCanceledException)NativeStatus.ToException(DiaStatus.Cancelled, "", source.Token);

        Assert.Equal(source.Token, exception.CancellationToken);
    }

    [Fact]
    public unsafe void ThrowIfFailed_NativeError_HasTheMessageOfTheLibrary()
    {
        NativeLibraryResolver.EnsureLoaded();
        DiaStatus status = NativeMethods.dia_model_params_init(null, 0);

        ArgumentException exception = Assert.Throws<ArgumentException>(() => NativeStatus.ThrowIfFailed(status));

        Assert.NotEmpty(exception.Message);
    }
}
