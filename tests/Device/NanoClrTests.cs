using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace MicroLink.Tests.Device;

/// <summary>
/// The suite on nanoFramework's own interpreter: builds the assemblies for netnano1.0, makes .pe files of them, runs them with nanoFramework's
/// test launcher and reads its lines. The interpreter's exit code is 0 whatever happens, so every test must have its line.
/// </summary>
public sealed class NanoClrTests
{
    private const int RunMs = 600000, BuildMs = 600000;
    private const int KernelBytes = 16 * 1024, AllBytes = 220 * 1024;

    private static readonly string Root = FindRoot();
    private static readonly string Artifacts = Path.Combine(Root, "artifacts");

    [NanoClrFact]
    public void Every_test_passes_on_nanoFrameworks_interpreter()
    {
        string folder = Path.Combine(Artifacts, "device");
        Dictionary<string, string> libraries = CopyLibraries(Path.Combine(folder, "lib"));
        string[] assemblies = Build(Path.Combine(folder, "lib"), Path.Combine(folder, "dll"));
        List<string> files = ToPe(assemblies, libraries, Path.Combine(folder, "pe"));
        string output = NanoTools.Interpret(files, RunMs);
        File.WriteAllText(Path.Combine(Artifacts, "logs", "nanoclr.log"), output);
        string[] lines = output.Split('\n');
        File.WriteAllLines(Path.Combine(Artifacts, "logs", "nanoclr-report.txt"),
            Sizes(files).Concat(lines.Where(line => line.StartsWith("Benchmark,") || line.StartsWith("Heap,"))));

        List<string> problems = lines.Where(line => line.StartsWith("Test failed,") || line.StartsWith("stopped:")).ToList();
        problems.AddRange(from test in SuiteTest.All
                          where !lines.Any(line => line.StartsWith("Test passed," + test.Name + ",") || line.StartsWith("Test failed," + test.Name + ","))
                          select test.Name + ": no line of it; the end of artifacts/logs/nanoclr.log says where the run ended");
        if (problems.Count > 0) Assert.Fail(string.Join("\n", problems) + "\n" + Tail(lines));
        long kernel = new FileInfo(Path.Combine(folder, "pe", "MicroLink.Runtime.pe")).Length;
        Assert.True(kernel <= KernelBytes, $"The kernel has {kernel} bytes as .pe, at most {KernelBytes}: move something out of Runtime.");
    }

    /// <summary>The class libraries that the build refers to lie in one folder; the map says where the .pe of each is.</summary>
    private static Dictionary<string, string> CopyLibraries(string into)
    {
        Directory.CreateDirectory(into);
        Dictionary<string, string> libraries = new Dictionary<string, string>();
        Queue<string> wanted = new Queue<string>(new[]
        {
            "mscorlib", "nanoFramework.System.Text", "nanoFramework.System.Collections", "System.Math", "System.Threading",
            "nanoFramework.Runtime.Native", "nanoFramework.Logging", "nanoFramework.TestFramework"
        });
        while (wanted.TryDequeue(out string name))
        {
            if (libraries.ContainsKey(name)) continue;
            string dll = NanoTools.Library(name, ".dll");
            File.Copy(dll, Path.Combine(into, name + ".dll"), true);
            libraries.Add(name, NanoTools.Library(name, ".pe"));
            foreach (string needed in NanoTools.References(dll)) wanted.Enqueue(needed);
        }
        return libraries;
    }

    /// <summary>Our assemblies, each after those it refers to.</summary>
    private static string[] Build(string libraries, string into)
    {
        if (Directory.Exists(into)) Directory.Delete(into, true);
        string output = NanoTools.Run(new[] { "dotnet" }, new[]
        {
            "build", Path.Combine(Root, "tests", "Device", "Suite"), "-c", "Release", "-f", "netnano1.0", "-o", into,
            "-p:NanoFrameworkPackages=" + libraries, "-p:ArtifactsPath=" + Path.Combine(Artifacts, "device", "build"), "-nologo", "-v", "quiet",
            // A server that stays behind would keep our end of the pipe open.
            "--disable-build-servers"
        }, BuildMs);
        if (!File.Exists(Path.Combine(into, "NFUnitTest.dll"))) Assert.Fail("The suite does not build for netnano1.0:\n" + output);
        return Ordered(Directory.GetFiles(into, "*.dll"));
    }

    private static string[] Ordered(string[] files)
    {
        Dictionary<string, string> open = files.ToDictionary(Path.GetFileNameWithoutExtension);
        List<string> ordered = new List<string>();
        while (open.Count > 0)
        {
            string next = open.Values.OrderBy(file => file, StringComparer.Ordinal).First(file => !NanoTools.References(file).Any(open.ContainsKey));
            open.Remove(Path.GetFileNameWithoutExtension(next));
            ordered.Add(next);
        }
        return ordered.ToArray();
    }

    /// <summary>What the interpreter takes: class libraries, ours, the launcher.</summary>
    private static List<string> ToPe(string[] assemblies, Dictionary<string, string> libraries, string into)
    {
        Directory.CreateDirectory(into);
        Dictionary<string, string> references = libraries.Keys.ToDictionary(name => name, name => NanoTools.Library(name, ".dll"));
        foreach (string dll in assemblies) references[Path.GetFileNameWithoutExtension(dll)] = dll;
        List<string> files = libraries.OrderBy(library => library.Key == "mscorlib" ? 0 : 1).Select(library => library.Value).ToList();
        foreach (string dll in assemblies)
        {
            string pe = Path.Combine(into, Path.GetFileNameWithoutExtension(dll) + ".pe");
            NanoTools.Convert(dll, pe, references);
            files.Add(pe);
        }
        files.Add(NanoTools.Library(NanoTools.Launcher, ".pe"));
        return files;
    }

    private static IEnumerable<string> Sizes(IEnumerable<string> files)
    {
        FileInfo[] ours = files.Where(file => Path.GetFileName(file).StartsWith("MicroLink.")).Select(file => new FileInfo(file)).ToArray();
        foreach (FileInfo file in ours) yield return "Size," + file.Name + "," + file.Length;
        yield return "Size,all without TestKit," + ours.Where(file => !file.Name.Contains("TestKit")).Sum(file => file.Length) + ", budget " + AllBytes;
    }

    private static string Tail(string[] lines)
    {
        StringBuilder text = new StringBuilder("The run ended with:\n");
        foreach (string line in lines.TakeLast(8)) text.Append("  ").Append(line).Append('\n');
        return text.ToString();
    }

    private static string FindRoot()
    {
        for (DirectoryInfo folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MicroLink.Actors.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException("no MicroLink.Actors.sln above " + AppContext.BaseDirectory);
    }
}
