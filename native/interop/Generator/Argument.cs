using System;
using System.Collections.Generic;
using System.Linq;

namespace MicroLink.Interop.Generator;

/// <summary>How one parameter crosses: what stands before the call, what is passed, what stands after it.</summary>
internal sealed record Argument(string CType, string[] Declarations, string[] Before, string Passed, string[] After)
{
    private static readonly string[] None = Array.Empty<string>();

    public static Argument[] Of(NativeMethod method)
    {
        if (!method.IsStatic) throw new GeneratorException(method.Type + "." + method.Name + " is not static.");
        List<Argument> arguments = method.Parameters.Select((_, i) => Of(method, i)).ToList();
        // A result that is stored after by-reference arguments needs a place.
        if (arguments.Any(argument => argument.After.Length > 0) && method.Returns != "System.Void")
        {
            string[] declarations = arguments[^1].Declarations.Append(ScalarType.Returned(method) + " result = 0;").ToArray();
            arguments[^1] = arguments[^1] with { Declarations = declarations };
        }
        return arguments.ToArray();
    }

    private static Argument Of(NativeMethod method, int i)
    {
        NativeParameter parameter = method.Parameters[i];
        if (ScalarType.Is(parameter.Type)) return Scalar(parameter, i);
        if (parameter.Type == "System.Byte[]") return Bytes(method, i);
        if (parameter.Type == "System.String") return Text(parameter, i);
        if (parameter.Type.EndsWith('&') && ScalarType.Is(parameter.Type[..^1])) return ByReference(parameter, i);
        throw new GeneratorException(method.Name + ": the parameter " + parameter.Name + " is of type " + parameter.Type
            + "; integers, ref integers, byte[] and string can cross (bool: use int).");
    }

    private static string Stack(int i) => "stack.ArgN(" + i + ")";

    private static Argument Scalar(NativeParameter parameter, int i)
    {
        string type = ScalarType.C(parameter.Type);
        return new Argument(type, None, None, $"({type}){Stack(i)}.NumericByRef().{ScalarType.Member(parameter.Type)}", None);
    }

    private static Argument Text(NativeParameter parameter, int i)
    {
        return new Argument("const char *", new[] { "const char *" + parameter.Name + " = NULL;" },
            new[] { parameter.Name + " = " + Stack(i) + ".RecoverString();", "FAULT_ON_NULL(" + parameter.Name + ");" },
            parameter.Name, None);
    }

    private static Argument ByReference(NativeParameter parameter, int i)
    {
        string name = parameter.Name, type = ScalarType.C(parameter.Type[..^1]), member = ScalarType.Member(parameter.Type[..^1]);
        return new Argument(type + " *", new[] { type + " " + name + " = 0;", "CLR_RT_HeapBlock " + name + "Block;" },
            new[]
            {
                $"NANOCLR_CHECK_HRESULT({name}Block.LoadFromReference({Stack(i)}));",
                $"{name} = ({type}){name}Block.NumericByRef().{member};"
            },
            "&" + name,
            new[]
            {
                $"{name}Block.NumericByRef().{member} = {name};",
                $"NANOCLR_CHECK_HRESULT({name}Block.StoreToReference({Stack(i)}, 0));"
            });
    }

    // byte[] name, int offset, int count: offset + count bytes must be there. A number at the end of the name says more: key32 = 32 bytes
    // from the offset, textPlus16 = count + 16, prefixesBy17 = count * 17.
    private static Argument Bytes(NativeMethod method, int i)
    {
        string name = method.Parameters[i].Name;
        int next = i + 1;
        int offset = IsNumber(method, next, "offset") ? next++ : -1;
        int count = IsNumber(method, next, "count", "length", "capacity", "size") ? next : -1;
        string letters = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        int number = letters.Length < name.Length ? int.Parse(name[letters.Length..]) : 0;
        bool isUnit = number > 0 && letters.EndsWith("By", StringComparison.Ordinal);
        if ((isUnit || letters.EndsWith("Plus", StringComparison.Ordinal)) && number > 0 && count < 0)
        {
            throw new GeneratorException(method.Name + ": " + name + " must be followed by its offset and its count.");
        }
        string range = $"{{ {i}, {offset}, {count}, {(isUnit ? number : 1)}, {(isUnit ? 0 : number)} }}";
        string check = $"NANOCLR_CHECK_HRESULT(ml_interop_bytes(stack, {range}, {name}));";
        return new Argument("uint8_t *", new[] { "uint8_t *" + name + " = NULL;" }, new[] { check }, name, None);
    }

    private static bool IsNumber(NativeMethod method, int i, params string[] endings)
    {
        return i < method.Parameters.Count && method.Parameters[i].Type == "System.Int32"
            && endings.Any(ending => method.Parameters[i].Name.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
    }
}
