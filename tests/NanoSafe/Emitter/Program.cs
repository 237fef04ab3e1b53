using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace MicroLink.Tests.NanoSafe;

/// <summary>Writes the recorded surface of nanoFramework 1.x as reference assemblies: NanoSurface FROM-FOLDER TO-FOLDER.</summary>
internal static class Program
{
    public static int Main(string[] arguments)
    {
        if (arguments.Length != 2 || !Directory.Exists(arguments[0]))
        {
            Console.Error.WriteLine("usage: NanoSurface FOLDER-WITH-TSV FOLDER-FOR-DLL");
            return 2;
        }
        Surface[] surfaces = Directory.GetFiles(arguments[0], "*.tsv").OrderBy(path => path, StringComparer.Ordinal).Select(Surface.Read).ToArray();
        Dictionary<string, Surface> owners = new Dictionary<string, Surface>();
        // mscorlib first: a type that two libraries list belongs to it.
        foreach (Surface surface in surfaces.OrderBy(surface => surface.Name == "mscorlib" ? 0 : 1))
        {
            foreach (SurfaceType type in surface.Types) owners.TryAdd(type.Name, surface);
        }
        Directory.CreateDirectory(arguments[1]);
        foreach (Surface surface in surfaces)
        {
            File.WriteAllBytes(Path.Combine(arguments[1], surface.Name + ".dll"), new AssemblyEmitter(surface, owners).Emit().ToArray());
        }
        return 0;
    }
}
