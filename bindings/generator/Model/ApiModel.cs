namespace DiaNative.BindingsGenerator.Model;

/// <summary>Everything that <c>dia.h</c> declares, in its order. Front ends fill it, emitters read it.</summary>
/// <param name="HeaderSha256">SHA-256 of the header with LF line ends, in lower-case hexadecimal.</param>
/// <param name="Constants">The enumerators of <c>dia_constant</c>, which is no type of its own.</param>
/// <param name="Enums">Enumerations.</param>
/// <param name="OpaqueTypes">Structures that are declared and never defined.</param>
/// <param name="Callbacks">Types of function pointers.</param>
/// <param name="Structs">Structures.</param>
/// <param name="Functions">Exported functions.</param>
internal sealed record ApiModel(
    string HeaderSha256,
    IReadOnlyList<ApiConstant> Constants,
    IReadOnlyList<ApiEnum> Enums,
    IReadOnlyList<ApiOpaqueType> OpaqueTypes,
    IReadOnlyList<ApiCallback> Callbacks,
    IReadOnlyList<ApiStruct> Structs,
    IReadOnlyList<ApiFunction> Functions)
{
    /// <summary>The enumeration whose members are constants.</summary>
    public const string ConstantsEnum = "dia_constant";
}

/// <summary>A number with a name: an enumerator or a constant.</summary>
internal sealed record ApiConstant(string Name, int Value, string Doc);

/// <summary>An enumeration.</summary>
internal sealed record ApiEnum(string Name, string Doc, IReadOnlyList<ApiConstant> Members);

/// <summary>A type that only the library can look into.</summary>
internal sealed record ApiOpaqueType(string Name, string Doc);

/// <summary>A type of function pointers.</summary>
internal sealed record ApiCallback(string Name, string Doc, CType Returns, IReadOnlyList<CType> Parameters);

/// <summary>A structure and its layout on 64-bit targets, in bytes.</summary>
internal sealed record ApiStruct(string Name, string Doc, int Size, IReadOnlyList<ApiField> Fields);

/// <summary>A field.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, or that of its elements.</param>
/// <param name="Count">Elements of an array; 0 for a field that is none.</param>
/// <param name="Offset">Bytes from the start of the structure.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Doc">Its comment.</param>
internal sealed record ApiField(string Name, CType Type, int Count, int Offset, int Size, string Doc);

/// <summary>A function.</summary>
internal sealed record ApiFunction(string Name, string Doc, CType Returns, IReadOnlyList<ApiParameter> Parameters);

/// <summary>A parameter of a function.</summary>
internal sealed record ApiParameter(string Name, CType Type);
