using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MicroLink.Tests.NanoSafe;

/// <summary>A device assembly as its csproj describes it, compiled as nanoFramework's tool chain would: C# 9, NANOFRAMEWORK.</summary>
public sealed class DeviceProject
{
    /// <summary>The device assemblies, each after those it needs.</summary>
    public static readonly string[] All =
    {
        "Drivers/Native/MicroLink.Native.csproj", "Runtime/MicroLink.Runtime.csproj", "Runtime/Inspect/MicroLink.Inspect.csproj",
        "Runtime/TestKit/MicroLink.TestKit.csproj",
        "Actors/MicroLink.Protocol.csproj", "Actors/MicroLink.Peers.csproj", "Actors/MicroLink.Control.csproj", "Actors/MicroLink.Paths.csproj",
        "Actors/MicroLink.Actors.csproj", "Actors/MicroLink.Services.csproj", "Actors/MicroLink.Node.csproj"
    };

    /// <summary>The product's, the samples' and the device's test suite: all keep the same rules.</summary>
    public static readonly string[] WithTests = All.Concat(new[]
    {
        "samples/HelloActors/Device/MicroLink.Samples.HelloActors.Device.csproj", "tests/Device/Suite/MicroLink.Tests.Device.Suite.csproj"
    }).ToArray();

    private static readonly Dictionary<string, DeviceProject> Loaded = new Dictionary<string, DeviceProject>();

    private DeviceProject(string path)
    {
        File = new ProjectFile(path);
        DependsOn = File.DependsOn.Select(Load).ToArray();
        const string Attribute = "System.Runtime.CompilerServices.InternalsVisibleTo";
        string friends = string.Concat(File.Friends.Select(friend => $"[assembly: {Attribute}(\"{friend}\")]\n"));
        SyntaxTree visible = CSharpSyntaxTree.ParseText(friends, ParseOptions, "InternalsVisibleTo.cs");
        Compilation = Compile(Name, File.Files.Select(Parse).Append(visible), References.Shared.Concat(References.Extra(File.Libraries)), Needs());
    }

    public ProjectFile File { get; }
    public string Name => File.Name;
    public IReadOnlyList<DeviceProject> DependsOn { get; }
    public CSharpCompilation Compilation { get; }

    /// <param name="path">The csproj, absolute or relative to the root. Projects are loaded once.</param>
    public static DeviceProject Load(string path)
    {
        path = Path.GetFullPath(Path.Combine(Folders.Root, path));
        lock (Loaded)
        {
            if (!Loaded.TryGetValue(path, out DeviceProject project))
            {
                project = new DeviceProject(path);
                Loaded.Add(path, project);
            }
            return project;
        }
    }

    public static CSharpParseOptions ParseOptions { get; } =
        new CSharpParseOptions(LanguageVersion.CSharp9, DocumentationMode.None, SourceCodeKind.Regular, new[] { "NANOFRAMEWORK" });

    /// <summary>The projects it needs, directly or not; without itself.</summary>
    public DeviceProject[] Needs() => DependsOn.SelectMany(project => project.Needs().Append(project)).Distinct().ToArray();

    /// <summary>The class libraries that the compiled assembly refers to.</summary>
    public string[] UsedLibraries()
    {
        using MemoryStream bytes = new MemoryStream();
        if (!Compilation.Emit(bytes).Success)
        {
            throw new InvalidDataException(Name + " does not compile for nanoFramework: ./test nanosafe says why.");
        }
        using PEReader image = new PEReader(new MemoryStream(bytes.ToArray()));
        MetadataReader metadata = image.GetMetadataReader();
        string[] used =
            metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name)).ToArray();
        return References.ForSharedCode.Where(used.Contains).ToArray();
    }

    public static SyntaxTree Parse(string file)
    {
        return CSharpSyntaxTree.ParseText(System.IO.File.ReadAllText(file), ParseOptions, Path.GetRelativePath(Folders.Root, file));
    }

    public static CSharpCompilation Compile(string name, IEnumerable<SyntaxTree> trees, IEnumerable<MetadataReference> libraries,
        IEnumerable<DeviceProject> needs)
    {
        CSharpCompilationOptions options =
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release);
        IEnumerable<MetadataReference> projects = needs.Select(project => project.Compilation.ToMetadataReference());
        return CSharpCompilation.Create(name, trees, libraries.Concat(projects), options);
    }
}
