using System;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>The device assemblies break no rule; and for each rule, a sample that breaks it is found.</summary>
public sealed class RuleTests
{
    [Theory]
    [MemberData(nameof(CompileTests.WithTests), MemberType = typeof(CompileTests))]
    public void Device_assembly_keeps_to_the_rules(string project)
    {
        Report.None(Rule.Findings(DeviceProject.Load(project).Compilation, Rule.All));
    }

    /// <summary>Rule, then a sample body for a class.</summary>
    public static readonly TheoryData<string, string> Samples = new TheoryData<string, string>
    {
        { "generics", "class Box<T> { }" },
        { "generics", "System.Action<int> F;" },
        { "nullable", "int? F;" },
        { "many-dimensional array", "int[,] F;" },
        { "stackalloc", "void M() { System.SpanByte s = stackalloc byte[4]; }" },
        { "unsafe", "unsafe void M() { }" },
        { "unsafe", "void M() { int* p; }" },
        { "iterator", "System.Collections.IEnumerable M() { yield return 1; }" },
        { "async", "async void M() { }" },
        { "checked", "int M(int x) { return checked(x + 1); }" },
        { "checked", "void M(int x) { checked { x++; } }" },
        { "default interface method", "interface I { int M() { return 1; } }" },
        { "volatile", "volatile int F;" },
        { "NUL in a string", "string F = \"a\\0b\";" },
        { "NUL in a string", "string M(int x) { return $\"a\\0{x}\"; }" },
        { "name of an enum value", "string M(System.DayOfWeek d) { return d.ToString(); }" },
        { "name of an enum value", "string M(System.DayOfWeek d) { return $\"on {d}\"; }" },
        { "name of an enum value", "string M(System.DayOfWeek d) { return \"on \" + d; }" },
        { "index from the end or range", "int M(int[] a) { return a[^1]; }" },
        { "index from the end or range", "int[] M(int[] a) { return a[1..2]; }" },
        { "tuple", "(int, int) M() { return (1, 2); }" },
        { "record or anonymous type", "record R(int X);" },
        { "record or anonymous type", "object F = new { X = 1 };" },
        { "LINQ", "object M(int[] a) { return from x in a select x; }" },
        { "byte by byte in a hot file", "void M(byte[] a, byte[] b) { for (int i = 0; i < a.Length; i++) a[i] ^= b[i]; }" },
        { "byte by byte in a hot file", "int M(byte[] a) { int i = 0, sum = 0; while (i < a.Length) sum += a[i++]; return sum; }" },
        { "byte by byte in a hot file", "int M(byte[] a) { int sum = 0; foreach (byte b in a) sum += b; return sum; }" },
        { "decimal or dynamic", "decimal F;" },
        { "decimal or dynamic", "void M() { dynamic d = 1; }" }
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public void Sample_that_breaks_a_rule_is_found(string rule, string body)
    {
        CSharpCompilation compilation = Compile(body);
        Assert.Contains(Rule.Findings(compilation, Rule.All), finding => finding.Contains(": " + rule + ":"));
    }

    [Fact]
    public void Every_rule_has_a_sample()
    {
        string[] sampled = Samples.Select(sample => (string)((object[])sample)[0]).ToArray();
        Report.None(Rule.All.Where(rule => !sampled.Contains(rule.Name)).Select(rule => rule.Name + " has no sample"));
    }

    /// <summary>What needs no rule because the library lacks it: each must be a compile error.</summary>
    public static readonly TheoryData<string> Missing = new TheoryData<string>
    {
        "void M() { try { } catch (System.DivideByZeroException) { } }",
        "void M() { try { } catch (System.OverflowException) { } }",
        "object F = System.Net.Dns.GetHostEntry(\"a\");",
        "System.Net.Security.SslStream F;",
        "System.Collections.Generic.List<int> F;",
        "int M(long[] a) { return (int)System.Threading.Interlocked.Increment(ref a[0]); }",
        "bool M(string a) { return a?.Length == 3; }",
        "string M(string[] a) { return string.Join(\",\", a); }",
        "[System.ThreadStatic] static int F;",
        "void M() { System.Threading.ThreadPool.QueueUserWorkItem(null); }",
        "void M(byte[] a, byte[] b) { System.Buffer.BlockCopy(a, 0, b, 0, 1); }"
    };

    [Theory]
    [MemberData(nameof(Missing))]
    public void Sample_that_the_library_lacks_does_not_compile(string body)
    {
        Assert.Contains(Compile(body).GetDiagnostics(), diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
    }

    [Fact]
    public void Ordinary_device_code_compiles_and_breaks_no_rule()
    {
        CSharpCompilation compilation = Compile(@"
            delegate int Twice(int x);
            private readonly byte[] _bytes = { 1, 2, 3, 4 };
            private readonly System.Collections.ArrayList _list = new System.Collections.ArrayList();
            object this[int i] => _list[i];
            int M(string text, out int length)
            {
                length = text.Length;
                Twice twice = x => x * 2 + _bytes[0];
                lock (_list) { _list.Add(length); }
                foreach (object o in _list) { if (o is int n && n > 2) { return twice(n); } }
                switch (text) { case ""a"": return 1; case ""b"": return 2; default: throw new System.ArgumentException($""no {text}""); }
            }
            static void Rows(byte[] rows, int[] into) { for (int row = 0; row < rows.Length; row += 16) into[row / 16] = rows[row]; }
            static long Sum(params int[] values) { long sum = 0; foreach (int value in values) { sum += value; } return sum; }
            static string Words(System.Text.StringBuilder b) { return b.Append(1).Append('x').ToString().Substring(0, 1); }
        ");
        Report.None(compilation.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error).Select(found => found.ToString()));
        Report.None(Rule.Findings(compilation, Rule.All));
    }

    private static CSharpCompilation Compile(string body)
    {
        SyntaxTree tree = CSharpSyntaxTree.ParseText(Rule.HotMark + " a sample.\nclass Sample { " + body + " }", DeviceProject.ParseOptions, "sample.cs");
        CSharpCompilationOptions options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true);
        return CSharpCompilation.Create("Sample", new[] { tree }, References.Shared, options);
    }
}
