using System;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.IO;
using System.Linq;
using Microsoft.CodeAnalysis;

namespace MicroLink.Tests.NanoSafe;

/// <summary>The class libraries that device code may be compiled against, emitted once from the recorded surface.</summary>
public static class References
{
    // mscorlib first: the others refer to its types. Nothing here has a socket, a file or a serial port: those belong to drivers.
    public static readonly string[] ForSharedCode =
    {
        "mscorlib", "nanoFramework.System.Text", "nanoFramework.System.Collections", "System.Math", "System.Threading",
        "nanoFramework.Runtime.Native", "nanoFramework.Logging"
    };

    private static readonly Lazy<ImmutableArray<MetadataReference>> Emitted = new Lazy<ImmutableArray<MetadataReference>>(() => Emit(ForSharedCode));

    public static ImmutableArray<MetadataReference> Shared => Emitted.Value;

    /// <summary>Some of them, by assembly name.</summary>
    public static IEnumerable<MetadataReference> Of(IEnumerable<string> names) =>
        names.Select(name => Shared[Array.IndexOf(ForSharedCode, name)]);

    /// <summary>Libraries that a project names beyond those of shared code, such as the test framework.</summary>
    public static IEnumerable<MetadataReference> Extra(IReadOnlyCollection<string> names)
    {
        return names.Count == 0 ? Array.Empty<MetadataReference>() : Emit(ForSharedCode.Concat(names)).Skip(ForSharedCode.Length);
    }

    private static ImmutableArray<MetadataReference> Emit(IEnumerable<string> names)
    {
        Surface[] surfaces = names.Select(name => Surface.Read(Path.Combine(Folders.Surface, name + ".tsv"))).ToArray();
        Dictionary<string, Surface> owners = new Dictionary<string, Surface>();
        foreach (Surface surface in surfaces)
        {
            foreach (SurfaceType type in surface.Types)
            {
                owners.TryAdd(type.Name, surface);
            }
        }
        return surfaces.Select(surface => (MetadataReference)MetadataReference.CreateFromImage(new AssemblyEmitter(surface, owners).Emit()))
                       .ToImmutableArray();
    }
}
