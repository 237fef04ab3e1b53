using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.Loader;
using System.Text.RegularExpressions;
using MicroLink.Interop.Generator;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>C#, the firmware's table, the desktop's export list and the C headers say the same.</summary>
public sealed class InteropTests
{
    private static string Path(params string[] parts) => System.IO.Path.Combine(parts.Prepend(Folders.Root).ToArray());

    [Theory]
    [InlineData("MicroLink.Native", "Drivers/Native", "native/interop/generated")]
    [InlineData("Sample.Native", "native/interop/tests/Sample", "native/interop/tests/generated")]
    public void The_committed_files_are_as_generated(string name, string sources, string folder)
    {
        NativeAssembly device = SourceCompiler.Device(name, Path(sources));
        string[] changed = GeneratedFiles.Differences(GeneratedFiles.Of(device, SourceCompiler.Desktop(name, Path(sources))), Path(folder));
        Assert.True(changed.Length == 0, "Run native/interop/generate and commit: " + string.Join(", ", changed));
    }

    // The generator compiles against .NET's class libraries. nanoFramework's must not make another table of the same sources.
    [Fact]
    public void The_table_is_that_of_the_device_build()
    {
        using MemoryStream image = new MemoryStream();
        CSharpCompilation compilation = DeviceProject.Load("Drivers/Native/MicroLink.Native.csproj").Compilation;
        Assert.True(compilation.Emit(image).Success, "MicroLink.Native does not compile");
        NativeAssembly built = AssemblyReader.Read(image.ToArray());
        Assert.Equal(File.ReadAllText(Path("native", "interop", "generated", "MicroLink_Native.cpp")), TableWriter.Table(built));
    }

    [Fact]
    public void What_the_C_headers_export_is_what_CSharp_imports()
    {
        string headers = string.Concat(Directory.GetFiles(Path("native", "include"), "*.h").Select(File.ReadAllText));
        IEnumerable<string> exported = Regex.Matches(headers, @"^ML_EXPORT [\w ]+?[ *](\w+)\(", RegexOptions.Multiline)
            .Select(match => match.Groups[1].Value);
        NativeAssembly device = SourceCompiler.Device("MicroLink.Native", Path("Drivers", "Native"));
        NativeAssembly desktop = SourceCompiler.Desktop("MicroLink.Native", Path("Drivers", "Native"));
        Assert.Equal(exported.Order(), desktop.Imports);
        Assert.Empty(device.Externs.Select(method => method.Name).Except(desktop.Imports));
    }

    [Fact]
    public void The_three_version_numbers_agree()
    {
        string header = File.ReadAllText(Path("native", "include", "ml_version.h"));
        string managed = File.ReadAllText(Path("Drivers", "Native", "NativeVersion.cs"));
        int number = int.Parse(Regex.Match(header, @"#define ML_VERSION (\d+)").Groups[1].Value);
        Assert.Equal(number, int.Parse(Regex.Match(managed, @"int Expected = (\d+);").Groups[1].Value));
        Assert.Equal(new System.Version(100, number / 10000, number / 100 % 100, number % 100),
            SourceCompiler.Device("MicroLink.Native", Path("Drivers", "Native")).Version);
    }

    // An extern that nobody implements throws at its first call, here as on the device (there NotSupportedException).
    [Fact]
    public void A_firmware_without_our_natives_is_one_sentence_at_start()
    {
        AssemblyLoadContext context = new AssemblyLoadContext("device build", isCollectible: true);
        using MemoryStream image = new MemoryStream(SourceCompiler.DeviceImage("MicroLink.Native", Path("Drivers", "Native")));
        object said = context.LoadFromStream(image).GetType("MicroLink.Native.NativeVersion").GetMethod("Check").Invoke(null, null);
        context.Unload();
        Assert.Equal("This firmware does not hold the MicroLink native library; flash a firmware that does (docs/firmware.md).", said);
    }

    [Theory]
    [InlineData("static class A { [I] internal static extern bool f(); }", "bool")]
    [InlineData("static class A { [I] internal static extern int f(int[] a); }", "Int32[]")]
    [InlineData("static class A { [I] internal static extern int f(byte[] aPlus16); }", "count")]
    [InlineData("static class A { [I] internal static extern int f_wait(int a); }", "timeoutMs")]
    [InlineData("class A { [I] internal extern int f(); }", "static class")]
    [InlineData("static class A { static int f(System.Action a) { a = () => { }; return 0; } }", "nested")]
    [InlineData("static class A { static int f() { int[] a = { 1, 2, 3, 4, 5, 6, 7 }; return a[0]; } }", "made by the compiler")]
    [InlineData("static class B { static int f() { return 0; } } static class aC { static int f() { return 0; } }",
                "upper and lower case")]
    public void What_cannot_cross_is_refused_in_words(string source, string word)
    {
        string folder = Directory.CreateTempSubdirectory("microlink-interop").FullName;
        try
        {
            const string import = "using I = System.Runtime.CompilerServices.MethodImplAttribute;\n";
            string marked = source.Replace("[I]", "[I(System.Runtime.CompilerServices.MethodImplOptions.InternalCall)]");
            File.WriteAllText(System.IO.Path.Combine(folder, "A.cs"), import + marked);
            GeneratorException refused = Assert.Throws<GeneratorException>(() =>
            {
                NativeAssembly device = SourceCompiler.Device("Refused", folder);
                GeneratedFiles.Of(device with { Version = new System.Version(100, 0, 0, 0) }, device);
            });
            Assert.Contains(word, refused.Message);
        }
        finally
        {
            Directory.Delete(folder, true);
        }
    }
}
