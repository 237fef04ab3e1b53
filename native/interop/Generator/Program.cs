using System;
using System.IO;
using System.Linq;

namespace MicroLink.Interop.Generator;

/// <summary>
/// Generator NAME SOURCES OUT [--check] [--assembly DLL]: writes the files of the assembly NAME, whose sources stand in the folder SOURCES,
/// to the folder OUT. --check only compares. --assembly takes the table from a finished device build instead of compiling the sources.
/// </summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        try
        {
            string[] places = arguments.TakeWhile(argument => !argument.StartsWith("--", StringComparison.Ordinal)).ToArray();
            if (places.Length != 3) throw new GeneratorException("Usage: Generator NAME SOURCES OUT [--check] [--assembly DLL]");
            int built = Array.IndexOf(arguments, "--assembly") + 1;
            NativeAssembly device = built > 0 && built < arguments.Length
                ? AssemblyReader.Read(File.ReadAllBytes(arguments[built])) : SourceCompiler.Device(places[0], places[1]);
            var files = GeneratedFiles.Of(device, SourceCompiler.Desktop(places[0], places[1]));
            string[] changed = GeneratedFiles.Differences(files, places[2]);
            if (arguments.Contains("--check") && changed.Length > 0)
            {
                throw new GeneratorException("Not as generated: " + string.Join(", ", changed)
                    + "; run native/interop/generate and commit the result.");
            }
            GeneratedFiles.Write(files, places[2]);
            Console.WriteLine($"{device.Name}: {device.Externs.Count()} natives of {device.Table.Count} methods, "
                + $"checksum 0x{device.Checksum:X8}, native version {device.Version}; {changed.Length} files written");
            return 0;
        }
        catch (GeneratorException problem)
        {
            Console.Error.WriteLine(problem.Message);
            return 1;
        }
    }
}
