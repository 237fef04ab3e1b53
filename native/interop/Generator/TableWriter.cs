using System;
using System.Linq;
using System.Text;

namespace MicroLink.Interop.Generator;

/// <summary>The firmware's table of one assembly (X.cpp) and the declarations of its handlers (X.h).</summary>
public static class TableWriter
{
    internal const string Banner =
        "// Written by native/interop/Generator from the externs of {0}; change those and run native/interop/generate.\n";

    /// <summary>The struct that holds a class' handlers.</summary>
    internal static string Struct(NativeMethod method) => "Library_ml_" + method.NativeClass;

    public static string Header(NativeAssembly assembly)
    {
        StringBuilder text = new StringBuilder().AppendFormat(Banner, assembly.Name);
        string guard = "ML_INTEROP_" + assembly.Symbol.ToUpperInvariant() + "_H";
        text.Append("#ifndef ").Append(guard).Append("\n#define ").Append(guard).Append("\n\n");
        text.Append("#include \"ml_interop.h\"\n\n");
        foreach (IGrouping<string, NativeMethod> type in assembly.Externs.GroupBy(Struct))
        {
            text.Append("struct ").Append(type.Key).Append("\n{\n");
            foreach (NativeMethod method in type) text.Append("    NANOCLR_NATIVE_DECLARE(").Append(method.NativeName).Append(");\n");
            text.Append("};\n\n");
        }
        text.Append("extern const CLR_RT_NativeAssemblyData g_CLR_AssemblyNative_").Append(assembly.Symbol).Append(";\n\n#endif\n");
        return text.ToString();
    }

    /// <summary>
    /// One entry a method, extern or not. nanoFramework's cmake macros find name, checksum and version in this text, so its form is fixed.
    /// </summary>
    public static string Table(NativeAssembly assembly)
    {
        Version version = assembly.Version
            ?? throw new GeneratorException(assembly.Name + " has no [assembly: AssemblyNativeVersion(\"100.1.2.3\")] for the device.");
        StringBuilder text = new StringBuilder().AppendFormat(Banner, assembly.Name);
        text.Append("#include \"").Append(assembly.Symbol).Append(".h\"\n\n");
        text.Append("static const CLR_RT_MethodHandler method_lookup[] = {\n");
        foreach (NativeMethod method in assembly.Table)
        {
            text.Append("    ").Append(method.IsExtern ? Struct(method) + "::" + method.NativeName : "NULL").Append(",\n");
        }
        text.Append("};\n\n");
        text.Append("const CLR_RT_NativeAssemblyData g_CLR_AssemblyNative_").Append(assembly.Symbol).Append(" = {\n");
        text.Append("    \"").Append(assembly.Name).Append("\",\n");
        text.Append("    0x").Append(assembly.Checksum.ToString("X8")).Append(",\n    method_lookup,\n");
        text.Append($"    {{ {version.Major}, {version.Minor}, {version.Build}, {version.Revision} }}\n}};\n");
        return text.ToString();
    }
}
