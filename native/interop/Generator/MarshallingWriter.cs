using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace MicroLink.Interop.Generator;

/// <summary>
/// The handlers of one class: they take the arguments from the CLR's stack, check what can be checked, call the C function of the same name
/// and put the result back. See native/interop/README.md for the rules of parameter names.
/// </summary>
public sealed class MarshallingWriter
{
    private const int LongCall = 100;

    private readonly StringBuilder _text = new StringBuilder();

    public static string Class(NativeAssembly assembly, IEnumerable<NativeMethod> externs)
    {
        MarshallingWriter writer = new MarshallingWriter();
        writer._text.AppendFormat(TableWriter.Banner, assembly.Name).Append("#include \"").Append(assembly.Symbol).Append(".h\"\n");
        foreach (NativeMethod method in externs) writer.Handler(method);
        return writer._text.ToString();
    }

    private void Handler(NativeMethod method)
    {
        Argument[] arguments = Argument.Of(method);
        string returns = ScalarType.Returned(method);
        _text.Append("\nHRESULT ").Append(TableWriter.Struct(method)).Append("::").Append(method.NativeName)
             .Append("(CLR_RT_StackFrame &stack)\n{\n");
        _text.Append("    ML_INTEROP_SAME(").Append(method.Name).Append(", ").Append(returns).Append('(')
             .Append(string.Join(", ", arguments.Select(argument => argument.CType))).Append("));\n");
        if (arguments.Length == 0 && method.Returns == "System.Void") Line("(void)stack;");
        _text.Append("    NANOCLR_HEADER();\n");
        foreach (string line in arguments.SelectMany(argument => argument.Declarations)) Line(line);
        if (IsWait(method, arguments))
        {
            Wait(method, arguments);
        }
        else
        {
            foreach (string line in arguments.SelectMany(argument => argument.Before)) Line(line);
            Call(method, arguments);
        }
        bool jumps = IsWait(method, arguments) || arguments.Any(argument => argument.Before.Length > 0);
        _text.Append(jumps ? "    NANOCLR_NOCLEANUP();\n}\n" : "    NANOCLR_NOCLEANUP_NOLABEL();\n}\n");
    }

    private void Call(NativeMethod method, Argument[] arguments)
    {
        string call = method.Name + "(" + string.Join(", ", arguments.Select(argument => argument.Passed)) + ")";
        if (call.Length > LongCall) call = call.Replace(", ", ",\n        ");
        string[] after = arguments.SelectMany(argument => argument.After).ToArray();
        string setter = ScalarType.Setter(method.Returns);
        if (setter == null || after.Length == 0)
        {
            Line(setter == null ? call + ";" : "stack." + setter + "(" + call + ");");
            foreach (string line in after) Line(line);
            return;
        }
        // The result is pushed last: storing a reference may fail, and the stack must then be as it was.
        Line("result = " + call + ";");
        foreach (string line in after) Line(line);
        Line("stack." + setter + "(result);");
    }

    // A function named *_wait(..., int timeoutMs) must not block the CLR: it is asked with timeout 0, and when it says 0 this managed
    // thread sleeps until our event or the timeout; the CLR then calls the handler again from its first line. Only the deadline is kept.
    private void Wait(NativeMethod method, Argument[] arguments)
    {
        IEnumerable<string> passed = arguments.Take(arguments.Length - 1).Select(argument => argument.Passed).Append("0");
        string asked = method.Name + "(" + string.Join(", ", passed) + ")";
        Line("CLR_RT_HeapBlock timeout;");
        Line("CLR_INT64 *deadline = NULL;");
        Line("bool again = true;");
        Line("int32_t result = 0;");
        Line("ml_interop_prepare_wait(timeout, " + arguments[^1].Passed + ");");
        Line("NANOCLR_CHECK_HRESULT(stack.SetupTimeoutFromTicks(timeout, deadline));");
        Line("for (;;)");
        Line("{");
        Line("    result = " + asked + ";");
        Line("    if (result != 0 || !again) break;");
        Line("    NANOCLR_CHECK_HRESULT(");
        Line("        g_CLR_RT_ExecutionEngine.WaitEvents(stack.m_owningThread, *deadline, ML_INTEROP_EVENT, again));");
        Line("}");
        Line("stack.PopValue();");
        Line("stack.SetResult_I4(result);");
    }

    private static bool IsWait(NativeMethod method, Argument[] arguments)
    {
        if (!method.Name.EndsWith("_wait", StringComparison.Ordinal)) return false;
        if (method.Returns == "System.Int32" && arguments.Length > 0 && method.Parameters[^1] is { Name: "timeoutMs", Type: "System.Int32" }
            && arguments.All(argument => argument.Before.Length == 0))
        {
            return true;
        }
        throw new GeneratorException(method.Name + " is named as a waiting function: it must return int, take numbers only and end with "
            + "\"int timeoutMs\".");
    }

    private void Line(string line) => _text.Append("    ").Append(line).Append('\n');
}
