using System.Collections.Generic;

namespace MicroLink.Interop.Generator;

/// <summary>The words that stand for types in native names: the CLR's data type names without their prefix.</summary>
public static class TypeWords
{
    private static readonly Dictionary<string, string> Primitives = new Dictionary<string, string>
    {
        ["System.Void"] = "VOID", ["System.Boolean"] = "BOOLEAN", ["System.Char"] = "CHAR", ["System.SByte"] = "I1", ["System.Byte"] = "U1",
        ["System.Int16"] = "I2", ["System.UInt16"] = "U2", ["System.Int32"] = "I4", ["System.UInt32"] = "U4", ["System.Int64"] = "I8",
        ["System.UInt64"] = "U8", ["System.Single"] = "R4", ["System.Double"] = "R8", ["System.String"] = "STRING",
        ["System.Object"] = "OBJECT"
    };

    public static string Of(string type)
    {
        if (type.EndsWith('&')) return "BYREF_" + Of(type[..^1]);
        if (type.EndsWith("[]")) return "SZARRAY_" + Of(type[..^2]);
        return Primitives.TryGetValue(type, out string word) ? word : type.Replace(".", "");
    }
}
