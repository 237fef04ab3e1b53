using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using nanoFramework.TestFramework;

namespace MicroLink.Tests.Device;

/// <summary>One test of the suite, named as nanoFramework's launcher prints it: "Namespace.Class.Method.0", the last number is the row.</summary>
public sealed record SuiteTest(string Name, MethodInfo Method, object[] Arguments)
{
    /// <summary>Every test of the suite.</summary>
    public static readonly SuiteTest[] All = Find().ToArray();

    /// <summary>Runs it here; a failure is an exception.</summary>
    public void Run()
    {
        Method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, Arguments, null);
    }

    private static IEnumerable<SuiteTest> Find()
    {
        foreach (Type type in typeof(KernelTests).Assembly.GetTypes().Where(type => type.IsDefined(typeof(TestClassAttribute))))
        {
            foreach (MethodInfo method in type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            {
                string name = type.FullName + "." + method.Name + ".";
                object[][] rows = method.GetCustomAttributes<DataRowAttribute>().Select(row => row.MethodParameters).ToArray();
                if (rows.Length == 0 && method.IsDefined(typeof(TestMethodAttribute))) rows = new[] { Array.Empty<object>() };
                for (int i = 0; i < rows.Length; i++) yield return new SuiteTest(name + i, method, rows[i]);
            }
        }
    }
}
