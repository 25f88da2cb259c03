using DiaNative.BindingsGenerator;
using DiaNative.BindingsGenerator.FrontEnds;

return BindingsCommand.Run(args, new CastXmlFrontEnd());
