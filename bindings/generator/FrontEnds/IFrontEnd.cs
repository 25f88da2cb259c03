using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.FrontEnds;

/// <summary>Reads <c>dia.h</c> with a real C parser.</summary>
internal interface IFrontEnd
{
    /// <summary>What <c>--front-end</c> calls it.</summary>
    string Name { get; }

    /// <summary>Why it cannot run on this machine, or null if it can.</summary>
    string? Unavailable { get; }

    /// <summary>Reads the header.</summary>
    /// <exception cref="GeneratorException">The header does not parse, or declares what the interface may not contain.</exception>
    ApiModel Read(Header header);
}
