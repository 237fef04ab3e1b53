using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Emit;

namespace MicroLink.Interop.Generator;

/// <summary>
/// Compiles the sources of an assembly with natives in memory, as C# 9: later versions add hidden types, which shift the table. The class
/// libraries are those of this program; tests/NanoSafe compiles the same sources against nanoFramework's and expects the same table.
/// </summary>
public static class SourceCompiler
{
    // nanoFramework's mscorlib has this attribute, .NET has not. It is referenced, not compiled in: it must take no place in the table.
    private const string OnlyInNanoFramework =
        "namespace System.Reflection { public sealed class AssemblyNativeVersionAttribute : System.Attribute "
        + "{ public AssemblyNativeVersionAttribute(string version) { } } }";

    /// <summary>The device's build: NANOFRAMEWORK is defined.</summary>
    public static NativeAssembly Device(string name, string folder) => Compile(name, folder, "NANOFRAMEWORK");

    /// <summary>The device's build itself, as a .NET assembly whose externs nobody implements.</summary>
    public static byte[] DeviceImage(string name, string folder) => Image(name, folder, "NANOFRAMEWORK");

    /// <summary>The desktop's build: its imports are the list of what the library must export.</summary>
    public static NativeAssembly Desktop(string name, string folder) => Compile(name, folder);

    private static NativeAssembly Compile(string name, string folder, params string[] symbols)
    {
        return AssemblyReader.Read(Image(name, folder, symbols));
    }

    private static byte[] Image(string name, string folder, params string[] symbols)
    {
        string[] files = Directory.GetFiles(folder, "*.cs").OrderBy(file => file, StringComparer.Ordinal).ToArray();
        CSharpParseOptions options =
            new CSharpParseOptions(LanguageVersion.CSharp9, DocumentationMode.None, SourceCodeKind.Regular, symbols);
        MetadataReference[] libraries = Libraries();
        byte[] attribute = Emit("NanoFrameworkOnly", libraries, CSharpSyntaxTree.ParseText(OnlyInNanoFramework, options));
        MetadataReference[] references = libraries.Append(MetadataReference.CreateFromImage(attribute)).ToArray();
        return Emit(name, references,
            files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, Path.GetFileName(file))).ToArray());
    }

    private static MetadataReference[] Libraries()
    {
        string paths = (string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES");
        return paths.Split(Path.PathSeparator).Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Select(path => (MetadataReference)MetadataReference.CreateFromFile(path)).ToArray();
    }

    private static byte[] Emit(string name, IEnumerable<MetadataReference> references, params SyntaxTree[] trees)
    {
        CSharpCompilationOptions options = new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary,
            optimizationLevel: OptimizationLevel.Release, deterministic: true);
        using MemoryStream image = new MemoryStream();
        EmitResult result = CSharpCompilation.Create(name, trees, references, options).Emit(image);
        if (!result.Success)
        {
            throw new GeneratorException(name + " does not compile: "
                + result.Diagnostics.First(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
        }
        return image.ToArray();
    }
}
