using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Emit;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>Every device assembly compiles for nanoFramework 1.x: only what its class libraries have, in C# 9.</summary>
public sealed class CompileTests
{
    /// <summary>What is deployed.</summary>
    public static readonly TheoryData<string> DeviceAssemblies = new TheoryData<string>(DeviceProject.All);

    /// <summary>And the suite that runs on the device.</summary>
    public static readonly TheoryData<string> WithTests = new TheoryData<string>(DeviceProject.WithTests);

    [Theory]
    [MemberData(nameof(WithTests))]
    public void Compiles_against_the_recorded_surface(string project)
    {
        using MemoryStream image = new MemoryStream();
        EmitResult result = DeviceProject.Load(project).Compilation.Emit(image);
        Report.None(result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(Readable));
    }

    // The build knows a device assembly by Directory.Build.props, these tests by DeviceProject.All.
    [Fact]
    public void Build_and_tests_know_the_same_device_assemblies()
    {
        string props = File.ReadAllText(Path.Combine(Folders.Root, "Directory.Build.props"));
        string[] build = Regex.Matches(props, @"^\s*;([\w.]+);\s*$", RegexOptions.Multiline).Select(match => match.Groups[1].Value).ToArray();
        string[] here = DeviceProject.WithTests.Select(Path.GetFileNameWithoutExtension).ToArray();
        Report.None(build.Except(here).Select(name => name + " stands in Directory.Build.props only: add it to DeviceProject.All (tests/NanoSafe/Projects), "
                + "after those it needs, then run tests/NanoSafe/Projects/generate")
            .Concat(here.Except(build).Select(name => name + " stands in DeviceProject.All only: add a line to DeviceAssemblies in Directory.Build.props")));
    }

    private static string Readable(Diagnostic diagnostic)
    {
        FileLinePositionSpan place = diagnostic.Location.GetLineSpan();
        return $"{place.Path}:{place.StartLinePosition.Line + 1}: {diagnostic.GetMessage()} ({diagnostic.Id})";
    }
}
