using System.ComponentModel;
using System.Globalization;
using System.Xml.Linq;
using DiaNative.BindingsGenerator.Model;

namespace DiaNative.BindingsGenerator.FrontEnds;

/// <summary>Reads the header with CastXML, which writes what clang has parsed as XML. It is a package of most systems.</summary>
internal sealed class CastXmlFrontEnd : IFrontEnd
{
    private const string Program = "castxml";
    private const int BitsPerByte = 8;

    public string Name => "castxml";

    public string? Unavailable
    {
        get
        {
            try
            {
                ProcessRunner.Run(Program, ["--version"]);
                return null;
            }
            catch (Win32Exception)
            {
                return $"the program '{Program}' was not found";
            }
        }
    }

    public ApiModel Read(Header header)
    {
        string output = Path.GetTempFileName();
        try
        {
            ProcessResult result = ProcessRunner.Run(
                Program, ["--castxml-output=1", "-x", "c", "-std=c11", "-o", output, header.Path]);
            if (result.ExitCode != 0)
            {
                throw new GeneratorException($"castxml could not read {header.Path}:\n{result.Output}");
            }
            return new Reader(XDocument.Load(output), header).Read();
        }
        finally
        {
            File.Delete(output);
        }
    }

    private sealed class Reader
    {
        private readonly ModelBuilder _builder;
        private readonly string _headerFile;
        private readonly XElement _root;
        private readonly Dictionary<string, XElement> _byId;

        public Reader(XDocument document, Header header)
        {
            _builder = new ModelBuilder(header);
            _root = document.Root ?? throw new GeneratorException("castxml wrote an empty document");
            _byId = _root.Elements().Where(e => e.Attribute("id") is not null).ToDictionary(e => Attribute(e, "id"));
            string path = Path.GetFullPath(header.Path);
            _headerFile = _root.Elements("File").Where(f => Path.GetFullPath(Attribute(f, "name")) == path).Select(f => Attribute(f, "id"))
                .FirstOrDefault() ?? throw new GeneratorException($"castxml found no declaration in {path}");
        }

        public ApiModel Read()
        {
            foreach (XElement element in _root.Elements().Where(e => IsInHeader(e) && e.Name.LocalName != "Comment"))
            {
                Add(element);
            }
            return _builder.Build();
        }

        private void Add(XElement element)
        {
            switch (element.Name.LocalName)
            {
                case "Enumeration":
                    _builder.AddEnum(
                        Attribute(element, "name"), element.Elements("EnumValue").Select(v => (Attribute(v, "name"), Number(v, "init"))));
                    break;
                case "Struct" when element.Attribute("incomplete") is not null:
                    _builder.AddOpaqueType(Attribute(element, "name"));
                    break;
                case "Struct":
                    AddStruct(element);
                    break;
                case "Typedef":
                    AddCallback(element);
                    break;
                case "Function":
                    _builder.AddFunction(
                        Attribute(element, "name"), TypeOf(element, "returns"),
                        element.Elements("Argument").Select(a => new ApiParameter(Attribute(a, "name"), TypeOf(a, "type"))));
                    break;
                case "Field":
                    break;
                default:
                    throw new GeneratorException(
                        $"line {(string?)element.Attribute("line")} declares a {element.Name.LocalName}, which the interface may not contain");
            }
        }

        private void AddStruct(XElement element)
        {
            string name = Attribute(element, "name");
            IEnumerable<XElement> members = Attribute(element, "members").Split(' ').Select(id => _byId[id]);
            _builder.AddStruct(name, Bytes(element, "size"), members.Select(member =>
            {
                if (member.Name.LocalName != "Field" || member.Attribute("bits") is not null)
                {
                    throw new GeneratorException($"{name} has a member that is no plain field");
                }
                XElement type = _byId[Attribute(member, "type")];
                bool isArray = type.Name.LocalName == "ArrayType";
                return (Attribute(member, "name"), isArray ? TypeOf(type, "type") : TypeOf(member, "type"),
                    isArray ? checked((int)Number(type, "max") + 1) : 0, Bytes(member, "offset"));
            }));
        }

        // Every structure and enumeration has a typedef of the same name; the others are callbacks.
        private void AddCallback(XElement typedef)
        {
            string name = Attribute(typedef, "name");
            XElement type = Unwrap(_byId[Attribute(typedef, "type")]);
            if (type.Name.LocalName is "Struct" or "Enumeration")
            {
                if (Attribute(type, "name") != name)
                {
                    throw new GeneratorException($"the typedef {name} names the tag {Attribute(type, "name")}; both must have one name");
                }
                return;
            }
            if (type.Name.LocalName != "PointerType" || Unwrap(_byId[Attribute(type, "type")]) is not { Name.LocalName: "FunctionType" } function)
            {
                throw new GeneratorException($"{name} is a typedef of something other than a structure, an enumeration or a function pointer");
            }
            _builder.AddCallback(name, TypeOf(function, "returns"), function.Elements("Argument").Select(a => TypeOf(a, "type")));
        }

        private XElement Unwrap(XElement type) => type.Name.LocalName == "ElaboratedType" ? _byId[Attribute(type, "type")] : type;

        private CType TypeOf(XElement element, string attribute) => TypeOf(_byId[Attribute(element, attribute)]);

        private CType TypeOf(XElement element)
        {
            switch (element.Name.LocalName)
            {
                case "ElaboratedType":
                    return TypeOf(element, "type");
                case "CvQualifiedType":
                    CType unqualified = TypeOf(element, "type");
                    return unqualified.Pointers == 0 && element.Attribute("const") is not null && element.Attribute("volatile") is null
                        ? unqualified with { IsConst = true }
                        : throw new GeneratorException($"'{unqualified}' is qualified in a way that the interface does not use");
                case "PointerType":
                    CType pointee = TypeOf(element, "type");
                    return pointee with { Pointers = pointee.Pointers + 1 };
                case "FundamentalType":
                    return ModelBuilder.Fundamental(Attribute(element, "name"));
                case "Typedef" when !IsInHeader(element):
                    return ModelBuilder.Fundamental(Attribute(element, "name"));
                case "Typedef" or "Struct" or "Enumeration":
                    return new CType(Attribute(element, "name"));
                default:
                    throw new GeneratorException($"a {element.Name.LocalName} is used as a type; the interface does not allow it");
            }
        }

        private bool IsInHeader(XElement element) => (string?)element.Attribute("file") == _headerFile;

        private static int Bytes(XElement element, string attribute) => checked((int)Number(element, attribute)) / BitsPerByte;

        private static long Number(XElement element, string attribute) =>
            long.Parse(Attribute(element, attribute), NumberStyles.Integer, CultureInfo.InvariantCulture);

        private static string Attribute(XElement element, string name) =>
            (string?)element.Attribute(name) ?? throw new GeneratorException($"castxml wrote a {element.Name.LocalName} without '{name}'");
    }
}
