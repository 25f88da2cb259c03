using DiaNative.Interop;

namespace DiaNative;

/// <summary>Facts about the native library that this process uses.</summary>
public static unsafe class DiaRuntime
{
    /// <summary>Version of the native library, for example "0.1.0".</summary>
    /// <exception cref="NativeLibraryException">The library is missing or does not fit.</exception>
    public static string NativeVersion
    {
        get
        {
            NativeLibraryResolver.EnsureLoaded();
            return Utf8.ToString(NativeMethods.dia_version()) ?? "";
        }
    }

    /// <summary>The instruction set that the native library was compiled for and the devices it can use, for a log.</summary>
    /// <exception cref="NativeLibraryException">The library is missing or does not fit.</exception>
    public static string SystemInfo
    {
        get
        {
            NativeLibraryResolver.EnsureLoaded();
            return Utf8.ToString(NativeMethods.dia_system_info()) ?? "";
        }
    }

    /// <summary>
    /// The devices of this machine that the native library can use, the processor first. GPUs are a matter of how the library was built.
    /// </summary>
    /// <exception cref="NativeLibraryException">The library is missing or does not fit.</exception>
    public static IReadOnlyList<DeviceInfo> Devices
    {
        get
        {
            NativeLibraryResolver.EnsureLoaded();
            var devices = new DeviceInfo[NativeMethods.dia_device_count()];
            for (int i = 0; i < devices.Length; i++)
            {
                DiaDeviceInfo native = default;
                native.StructSize = (uint)sizeof(DiaDeviceInfo);
                NativeStatus.ThrowIfFailed(NativeMethods.dia_device_get_info(i, &native));
                devices[i] = new DeviceInfo(
                    Utf8.ToString(native.Name) ?? "",
                    Utf8.ToString(native.Description) ?? "",
                    (DeviceType)native.Type,
                    native.TotalMemory,
                    native.FreeMemory);
            }

            return devices;
        }
    }

    /// <summary>
    /// Bytes that the native library holds at this moment: weights that are not memory-mapped, caches, buffers, objects.
    /// </summary>
    /// <exception cref="NativeLibraryException">The library is missing or does not fit.</exception>
    public static long NativeBytes
    {
        get
        {
            NativeLibraryResolver.EnsureLoaded();
            return NativeMethods.dia_live_bytes();
        }
    }
}
