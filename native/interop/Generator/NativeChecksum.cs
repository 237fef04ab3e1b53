using System.Collections.Generic;
using System.Text;

namespace MicroLink.Interop.Generator;

/// <summary>
/// The checksum that a nanoFramework assembly and the firmware's table must agree on: CRC-32 with polynomial 0x04C11DB7, most significant
/// bit first, begun at 0, not inverted, chained over ASCII strings. An extern method adds assembly name, class name and method name, any
/// other method the letters NULL. Until the first extern method is complete the running value counts as 0, so that of everything up to
/// there only that method's own name remains.
/// </summary>
public static class NativeChecksum
{
    private const uint Polynomial = 0x04C11DB7;

    /// <param name="inTableOrder">See <see cref="TableOrder"/>.</param>
    public static uint Of(string assembly, IEnumerable<NativeMethod> inTableOrder)
    {
        uint crc = 0;
        bool met = false;
        foreach (NativeMethod method in inTableOrder)
        {
            if (method.IsExtern)
            {
                if (met) crc = Add(Add(crc, assembly), method.NativeClass);
                crc = Add(crc, method.NativeName);
                met = true;
            }
            else if (met)
            {
                crc = Add(crc, "NULL");
            }
        }
        return crc;
    }

    private static uint Add(uint crc, string text)
    {
        foreach (byte letter in Encoding.ASCII.GetBytes(text))
        {
            crc ^= (uint)letter << 24;
            for (int bit = 0; bit < 8; bit++) crc = (crc & 0x80000000) != 0 ? (crc << 1) ^ Polynomial : crc << 1;
        }
        return crc;
    }
}
