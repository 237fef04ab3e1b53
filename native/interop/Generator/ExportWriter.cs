using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace MicroLink.Interop.Generator;

/// <summary>The desktop library's export list: a version script for the linker. Together with --no-undefined-version a function that C#
/// imports and C does not have is an error when the library is linked.</summary>
public static class ExportWriter
{
    public static string VersionScript(string assembly, IEnumerable<string> functions)
    {
        StringBuilder text = new StringBuilder("/* Written by native/interop/Generator: what ").Append(assembly)
            .Append(" imports; run native/interop/generate. */\n{\n  global:\n");
        foreach (string function in functions.Distinct()) text.Append("    ").Append(function).Append(";\n");
        return text.Append("  local: *;\n};\n").ToString();
    }
}
