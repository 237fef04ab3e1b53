using System.Collections.Generic;
using System.Linq;

namespace MicroLink.Interop.Generator;

/// <param name="Type">As metadata says it: "System.Int32", "System.Byte[]", "System.Int32&amp;".</param>
public sealed record NativeParameter(string Name, string Type);

/// <summary>One method of the assembly, extern or not: every method takes a place in the firmware's table.</summary>
/// <param name="Type">Full name of the declaring class.</param>
public sealed record NativeMethod(string Type, string Name, bool IsStatic, bool IsVirtual, bool IsExtern, string Returns,
    IReadOnlyList<NativeParameter> Parameters)
{
    /// <summary>"MicroLink.Native.Cipher" is "MicroLink_Native_Cipher" on the native side.</summary>
    public string NativeClass => Type.Replace('.', '_');

    /// <summary>Name, "___STATIC__" or "___", then the words of the return type and the parameters, joined by "__".</summary>
    public string NativeName
    {
        get
        {
            IEnumerable<string> words = Parameters.Select(parameter => parameter.Type).Prepend(Returns).Select(TypeWords.Of);
            return (Name + (IsStatic ? "___STATIC__" : "___") + string.Join("__", words)).Replace('.', '_').Replace("/", "");
        }
    }
}
