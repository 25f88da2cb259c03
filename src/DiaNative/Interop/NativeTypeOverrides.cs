using System.Runtime.InteropServices;

namespace DiaNative.Interop;

/// <summary>An array of <c>dia_type_override</c> in native memory.</summary>
internal sealed unsafe class NativeTypeOverrides : IDisposable
{
    private readonly DiaTypeOverride* _overrides;

    public NativeTypeOverrides(IReadOnlyList<TensorTypeOverride> overrides)
    {
        _overrides = (DiaTypeOverride*)NativeMemory.AllocZeroed((nuint)overrides.Count, (nuint)sizeof(DiaTypeOverride));
        try
        {
            foreach (TensorTypeOverride given in overrides)
            {
                _overrides[Count].Pattern = Utf8.Allocate(given.Pattern, nameof(TensorTypeOverride.Pattern));
                _overrides[Count].Type = (DiaType)given.Type;
                Count++;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public int Count { get; private set; }

    public DiaTypeOverride* Pointer => Count > 0 ? _overrides : null;

    public void Dispose()
    {
        for (int i = 0; i < Count; i++)
        {
            Utf8.Free(_overrides[i].Pattern);
        }

        NativeMemory.Free(_overrides);
    }
}
