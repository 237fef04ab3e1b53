using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Emit;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>Every device assembly compiles for nanoFramework 1.x: only what its class libraries have, in C# 9.</summary>
public sealed class CompileTests
{
    public static readonly TheoryData<string> DeviceAssemblies = new TheoryData<string>(DeviceProject.All);

    [Theory]
    [MemberData(nameof(DeviceAssemblies))]
    public void Compiles_against_the_recorded_surface(string project)
    {
        using MemoryStream image = new MemoryStream();
        EmitResult result = DeviceProject.Load(project).Compilation.Emit(image);
        Report.None(result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(Readable));
    }

    private static string Readable(Diagnostic diagnostic)
    {
        FileLinePositionSpan place = diagnostic.Location.GetLineSpan();
        return $"{place.Path}:{place.StartLinePosition.Line + 1}: {diagnostic.GetMessage()} ({diagnostic.Id})";
    }
}
