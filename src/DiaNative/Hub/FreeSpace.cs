namespace DiaNative;

/// <summary>Free space on disks.</summary>
internal static class FreeSpace
{
    /// <summary>Bytes that this user may still write to a folder, which is made if it does not exist; null where the system does not tell.</summary>
    internal static long? Find(string folder)
    {
        Directory.CreateDirectory(folder);
        try
        {
            return new DriveInfo(folder).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A network share without a letter.
            return null;
        }
    }
}
