using System.Collections.Generic;

namespace MicroLink.Interop.Generator;

/// <summary>The numbers that can cross: their C type, their member of the CLR's numeric union, and how a result is set.</summary>
internal static class ScalarType
{
    private static readonly Dictionary<string, (string C, string Member, string Setter)> Known = new()
    {
        ["System.SByte"] = ("int8_t", "s1", "SetResult_I1"), ["System.Byte"] = ("uint8_t", "u1", "SetResult_U1"),
        ["System.Int16"] = ("int16_t", "s2", "SetResult_I2"), ["System.UInt16"] = ("uint16_t", "u2", "SetResult_U2"),
        ["System.Int32"] = ("int32_t", "s4", "SetResult_I4"), ["System.UInt32"] = ("uint32_t", "u4", "SetResult_U4"),
        ["System.Int64"] = ("int64_t", "s8", "SetResult_I8"), ["System.UInt64"] = ("uint64_t", "u8", "SetResult_U8")
    };

    public static bool Is(string type) => Known.ContainsKey(type);

    public static string C(string type) => Known[type].C;

    public static string Member(string type) => Known[type].Member;

    /// <summary>Null for void.</summary>
    public static string Setter(string type) => type == "System.Void" ? null : Known[type].Setter;

    public static string Returned(NativeMethod method)
    {
        if (method.Returns == "System.Void") return "void";
        if (Is(method.Returns)) return C(method.Returns);
        throw new GeneratorException(method.Name + " returns " + method.Returns + ": natives return void or an integer (bool: use int; "
            + "text: fill a byte array); desktop and device would treat anything else differently.");
    }
}
