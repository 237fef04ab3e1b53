using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Text;
using System.Threading.Tasks;

namespace MicroLink.Tests.Device;

/// <summary>nanoFramework's programs and class libraries as the environment names them, and how they are called.</summary>
public static class NanoTools
{
    /// <summary>The interpreter: takes .pe files, mscorlib first, and prints what the program prints. Its exit code says nothing.</summary>
    private const string Interpreter = "NANOCLR";
    /// <summary>A folder in which, at any depth, each class library lies as .dll and as .pe.</summary>
    private const string Libraries = "NANOFRAMEWORK_LIB";
    /// <summary>nanoFramework.Tools.MetadataProcessor, as a program or as a .dll for dotnet.</summary>
    private const string MetadataProcessor = "NANO_MDP";

    public const string Launcher = "nanoFramework.UnitTestLauncher";

    /// <summary>Null, or one line: what to set. A variable that names nothing is no reason to skip: then the run fails and says so.</summary>
    public static string WhyNot()
    {
        string[] missing = new[] { Interpreter, Libraries, MetadataProcessor }.Where(name => string.IsNullOrEmpty(Value(name))).ToArray();
        if (missing.Length == 0) return null;
        return "nanoFramework is not installed: to run the suite on its interpreter set " + Interpreter + " (the interpreter), " + Libraries
            + " (a folder with the class libraries as .dll and .pe) and " + MetadataProcessor + " (the metadata processor); not set: "
            + string.Join(", ", missing);
    }

    /// <summary>The file of a class library ("mscorlib", ".pe") below NANOFRAMEWORK_LIB.</summary>
    public static string Library(string name, string extension)
    {
        string folder = Value(Libraries);
        if (!Directory.Exists(folder)) throw new DirectoryNotFoundException(Libraries + " names " + folder + ", which is no folder.");
        string[] found = Directory.GetFiles(folder, name + extension, SearchOption.AllDirectories);
        if (found.Length == 0) throw new FileNotFoundException("There is no " + name + extension + " below " + Libraries + " (" + folder + ").");
        return found[0];
    }

    /// <summary>Makes a .pe of an assembly; the references are the .dll of everything that it refers to, by name.</summary>
    public static void Convert(string dll, string pe, IReadOnlyDictionary<string, string> references)
    {
        List<string> arguments = new List<string>();
        foreach (KeyValuePair<string, string> reference in references) arguments.AddRange(new[] { "-loadHints", reference.Key, reference.Value });
        arguments.AddRange(new[] { "-parse", dll, "-compile", pe, "false" });
        File.Delete(pe);
        string output = Run(Program(MetadataProcessor), arguments, 120000);
        if (!File.Exists(pe)) throw new InvalidDataException("The metadata processor made no " + pe + ":\n" + output);
    }

    /// <summary>Everything the interpreter printed.</summary>
    public static string Interpret(IEnumerable<string> peFiles, int timeoutMs)
    {
        return Run(Program(Interpreter), peFiles, timeoutMs);
    }

    /// <summary>The simple names of the assemblies that one refers to.</summary>
    public static string[] References(string dll)
    {
        using PEReader image = new PEReader(File.OpenRead(dll));
        MetadataReader metadata = image.GetMetadataReader();
        return metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToArray();
    }

    /// <summary>Standard output and error of a program; what it had printed when it was stopped at the time limit.</summary>
    public static string Run(string[] program, IEnumerable<string> arguments, int timeoutMs)
    {
        ProcessStartInfo start = new ProcessStartInfo(program[0]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string argument in program.Skip(1).Concat(arguments)) start.ArgumentList.Add(argument);
        using Process process = Process.Start(start);
        StringBuilder text = new StringBuilder();
        Task[] readers = { Read(process.StandardOutput, text), Read(process.StandardError, text) };
        if (!process.WaitForExit(timeoutMs))
        {
            process.Kill(true);
            process.WaitForExit();
            lock (text) text.Append("stopped: it still ran after ").Append(timeoutMs / 1000).Append(" s\n");
        }
        Task.WaitAll(readers);
        return text.ToString();
    }

    private static async Task Read(StreamReader from, StringBuilder into)
    {
        string line;
        while ((line = await from.ReadLineAsync()) != null)
        {
            lock (into) into.Append(line).Append('\n');
        }
    }

    private static string[] Program(string variable)
    {
        string path = Value(variable);
        if (!File.Exists(path)) throw new FileNotFoundException(variable + " names " + path + ", which is no file.");
        return path.EndsWith(".dll") ? new[] { "dotnet", path } : new[] { path };
    }

    private static string Value(string variable) => Environment.GetEnvironmentVariable(variable);
}
