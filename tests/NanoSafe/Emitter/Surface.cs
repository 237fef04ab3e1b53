using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace MicroLink.Tests.NanoSafe;

/// <summary>One recorded assembly: its types with their members, as Surface/*.tsv lists them (columns: Surface/README.md).</summary>
public sealed class Surface
{
    public string Name { get; private init; }
    public List<SurfaceType> Types { get; } = new List<SurfaceType>();

    public static Surface Read(string path)
    {
        Surface surface = new Surface { Name = Path.GetFileNameWithoutExtension(path) };
        Dictionary<string, SurfaceType> byName = new Dictionary<string, SurfaceType>();
        foreach (string[] row in Rows(path))
        {
            if (row[0] == "type")
            {
                SurfaceType type = new SurfaceType(row[1], row[2], row[3], row[4], row[5]);
                surface.Types.Add(type);
                byName.Add(type.Name, type);
            }
            else
            {
                byName[row[1]].Members.Add(new SurfaceMember(row[0], row[2], row[3], row[4], row[5]));
            }
        }
        // Generic types are left out: they compile, and crash the 1.x CLR at load. Code that names one must not compile here.
        surface.Types.RemoveAll(type => type.Name.Contains('`'));
        return surface;
    }

    // The last column may be empty and then its tab may be missing.
    private static IEnumerable<string[]> Rows(string path)
    {
        return from line in File.ReadLines(path)
               where line.Length > 0 && !line.StartsWith('#')
               let row = line.Split('\t')
               select row.Concat(Enumerable.Repeat("", Math.Max(0, 6 - row.Length))).ToArray();
    }
}

public sealed record SurfaceType(string Kind, string Name, string Flags, string Base, string Interfaces)
{
    public List<SurfaceMember> Members { get; } = new List<SurfaceMember>();

    /// <summary>"A.B+C" has the outer name "A.B", "A.B" has none.</summary>
    public string Outer => Name.Contains('+') ? Name[..Name.LastIndexOf('+')] : null;

    public string Namespace => Outer != null || !Name.Contains('.') ? "" : Name[..Name.LastIndexOf('.')];

    public string ShortName => Name[(Name.LastIndexOfAny(new[] { '.', '+' }) + 1)..];

    public bool Is(string flag) => Flags.Split(' ').Contains(flag);
}

/// <param name="Kind">method, property, field or event.</param>
/// <param name="Rest">Parameters of a method or indexer ("ref T name; T name=0"), or the value of a constant.</param>
public sealed record SurfaceMember(string Kind, string Name, string Flags, string Type, string Rest)
{
    public bool Is(string flag) => Flags.Split(' ').Contains(flag);

    public SurfaceParameter[] Parameters()
    {
        string[] parameters = Rest.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return parameters.Select(SurfaceParameter.Parse).ToArray();
    }
}

/// <param name="Passing">"", "ref", "out", "in" or "params".</param>
/// <param name="Default">Null when there is none.</param>
public sealed record SurfaceParameter(string Passing, string Type, string Name, string Default)
{
    public bool IsByReference => Passing is "ref" or "out" or "in";

    public static SurfaceParameter Parse(string text)
    {
        string value = null;
        int equals = text.IndexOf('=');
        if (equals >= 0)
        {
            value = text[(equals + 1)..];
            text = text[..equals];
        }
        string[] words = text.Split(' ');
        string passing = words[0] is "ref" or "out" or "in" or "params" ? words[0] : "";
        return new SurfaceParameter(passing, words[passing == "" ? 0 : 1], words[^1], value);
    }
}
