namespace DiaNative.TestSupport;

/// <summary>Does something while a call runs, on a thread of its own: those of the pool may all be busy with other tests.</summary>
public static class Soon
{
    private static readonly TimeSpan s_delay = TimeSpan.FromMilliseconds(20);

    public static void Do(Action action)
    {
        var thread = new Thread(() =>
        {
            Thread.Sleep(s_delay);
            action();
        });
        thread.IsBackground = true;
        thread.Start();
    }
}
