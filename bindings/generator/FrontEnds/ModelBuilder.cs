using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.FrontEnds;

/// <summary>Collects what a front end finds, in whatever order, puts it into the order of the header, and adds the comments.</summary>
internal sealed class ModelBuilder(Header header)
{
    private readonly HeaderComments _comments = new(header.Text);
    private readonly List<ApiConstant> _constants = [];
    private readonly List<ApiEnum> _enums = [];
    private readonly List<ApiOpaqueType> _opaqueTypes = [];
    private readonly List<ApiCallback> _callbacks = [];
    private readonly List<ApiStruct> _structs = [];
    private readonly List<ApiFunction> _functions = [];

    /// <summary>Fundamental types that may occur, with their sizes. Pointers have 8 bytes.</summary>
    public static IReadOnlyDictionary<string, int> FundamentalTypes { get; } = new Dictionary<string, int>
    {
        ["void"] = 0,
        ["char"] = 1,
        ["int8_t"] = 1,
        ["uint8_t"] = 1,
        ["int16_t"] = 2,
        ["uint16_t"] = 2,
        ["int32_t"] = 4,
        ["uint32_t"] = 4,
        ["int64_t"] = 8,
        ["uint64_t"] = 8,
        ["float"] = 4,
        ["double"] = 8,
    };

    public void AddEnum(string name, IEnumerable<(string Name, long Value)> members)
    {
        List<ApiConstant> documented =
            [.. members.Select(m => new ApiConstant(m.Name, checked((int)m.Value), _comments.Of(name, m.Name)))];
        if (name == ApiModel.ConstantsEnum)
        {
            _constants.AddRange(documented);
        }
        else
        {
            _enums.Add(new ApiEnum(name, _comments.Of(name), documented));
        }
    }

    public void AddOpaqueType(string name) => _opaqueTypes.Add(new ApiOpaqueType(name, _comments.Of(name)));

    public void AddCallback(string name, CType returns, IEnumerable<CType> parameters) =>
        _callbacks.Add(new ApiCallback(name, _comments.Of(name), returns, [.. parameters]));

    public void AddStruct(string name, int size, IEnumerable<(string Name, CType Type, int Count, int Offset)> fields) =>
        _structs.Add(new ApiStruct(name, _comments.Of(name), size,
            [.. fields.Select(f => new ApiField(f.Name, f.Type, f.Count, f.Offset, Size: 0, _comments.Of(name, f.Name)))]));

    public void AddFunction(string name, CType returns, IEnumerable<ApiParameter> parameters) =>
        _functions.Add(new ApiFunction(name, _comments.Of(name), returns, [.. parameters]));

    public ApiModel Build() => new(
        header.Sha256,
        _constants,
        [.. _enums.OrderBy(e => _comments.PositionOf(e.Name))],
        [.. _opaqueTypes.OrderBy(o => _comments.PositionOf(o.Name))],
        [.. _callbacks.OrderBy(c => _comments.PositionOf(c.Name))],
        [.. _structs.Select(WithSizes).OrderBy(s => _comments.PositionOf(s.Name))],
        [.. _functions.OrderBy(f => _comments.PositionOf(f.Name))]);

    /// <summary>A fundamental type by its name.</summary>
    /// <exception cref="GeneratorException">The type means different things on different machines.</exception>
    public static CType Fundamental(string name) => FundamentalTypes.ContainsKey(name)
        ? new CType(name)
        : throw new GeneratorException(
            $"the interface uses the type '{name}', which is not the same everywhere; use one of {string.Join(", ", FundamentalTypes.Keys)}");

    // Sizes need every callback and enumeration to be known.
    private ApiStruct WithSizes(ApiStruct type) =>
        type with { Fields = [.. type.Fields.Select(f => f with { Size = SizeOf(f.Type) * Math.Max(1, f.Count) })] };

    private int SizeOf(CType type)
    {
        if (type.Pointers > 0 || _callbacks.Any(c => c.Name == type.Name))
        {
            return 8;
        }
        if (FundamentalTypes.TryGetValue(type.Name, out int size))
        {
            return size;
        }
        return _enums.Any(e => e.Name == type.Name)
            ? 4
            : throw new GeneratorException($"'{type.Name}' is no type that a field may have; use a pointer, an enumeration or a fixed-width type");
    }
}
