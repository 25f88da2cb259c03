using DiaNative.BindingsGenerator;
using DiaNative.BindingsGenerator.CppSharp;
using DiaNative.BindingsGenerator.FrontEnds;

return BindingsCommand.Run(args, new CppSharpFrontEnd(), new CastXmlFrontEnd());
