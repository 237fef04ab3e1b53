using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;

namespace MicroLink.Tests.NanoSafe;

/// <summary>How long a method body is on the device: the same instructions, with tokens of 16 bits instead of 32.</summary>
internal static class IlSize
{
    private const int HandlerBytes = 12;

    private static readonly Dictionary<int, OpCode> Codes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)).ToDictionary(code => code.Value & 0xffff);

    public static int OnDevice(MethodBodyBlock body)
    {
        BlobReader il = body.GetILReader();
        int bytes = il.Length + HandlerBytes * body.ExceptionRegions.Length;
        while (il.RemainingBytes > 0)
        {
            int first = il.ReadByte();
            OpCode code = Codes[first == 0xfe ? 0xfe00 | il.ReadByte() : first];
            switch (code.OperandType)
            {
                case OperandType.InlineNone: break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar: il.Offset += 1; break;
                case OperandType.InlineVar: il.Offset += 2; break;
                case OperandType.InlineI8 or OperandType.InlineR: il.Offset += 8; break;
                case OperandType.InlineSwitch: bytes -= SkipSwitch(ref il); break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineString or OperandType.InlineTok or OperandType.InlineType:
                    il.Offset += 4;
                    bytes -= 2;
                    break;
                default: il.Offset += 4; break;
            }
            if (code.OperandType == OperandType.InlineBrTarget) bytes -= 2;
        }
        return bytes;
    }

    // A byte for the count instead of four, two for each target instead of four.
    private static int SkipSwitch(ref BlobReader il)
    {
        int targets = il.ReadInt32();
        il.Offset += 4 * targets;
        return 3 + 2 * targets;
    }
}
