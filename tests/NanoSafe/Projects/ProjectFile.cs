using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MicroLink.Tests.NanoSafe;

/// <summary>What a csproj of a device assembly says: its sources by MSBuild's globs, the projects it needs, its friends.</summary>
public sealed class ProjectFile
{
    public ProjectFile(string path)
    {
        Folder = Path.GetDirectoryName(path);
        Name = Path.GetFileNameWithoutExtension(path);
        XElement project = XDocument.Load(path).Root;
        Files = SourceFiles(project);
        DependsOn = project.Descendants("ProjectReference").Where(reference => !ForDesktopOnly(reference))
            .Select(reference => Path.GetFullPath(Path.Combine(Folder, reference.Attribute("Include").Value))).ToArray();
        Libraries = project.Descendants("NanoLibrary").Select(library => library.Attribute("Include").Value).ToArray();
        Friends = project.Descendants("InternalsVisibleTo").Select(friend => friend.Attribute("Include").Value).ToArray();
    }

    public string Name { get; }

    public string Folder { get; }

    /// <summary>Absolute paths, sorted.</summary>
    public IReadOnlyList<string> Files { get; }

    /// <summary>Absolute paths of the projects it refers to itself.</summary>
    public IReadOnlyList<string> DependsOn { get; }

    public IReadOnlyList<string> Friends { get; }

    /// <summary>Class libraries beyond those of shared code.</summary>
    public IReadOnlyList<string> Libraries { get; }

    private static bool ForDesktopOnly(XElement item) => item.Attribute("Condition")?.Value.EndsWith("== 'net10.0'") == true;

    private string[] SourceFiles(XElement project)
    {
        SortedSet<string> files = new SortedSet<string>(StringComparer.Ordinal);
        foreach (XElement item in project.Descendants("Compile"))
        {
            Regex[] excluded = Patterns(item.Attribute("Exclude")?.Value).Select(Matcher).ToArray();
            foreach (string pattern in Patterns(item.Attribute("Include")?.Value))
            {
                files.UnionWith(Glob(pattern).Where(file => !excluded.Any(matcher => matcher.IsMatch(file))));
            }
        }
        return files.ToArray();
    }

    private static string[] Patterns(string list)
    {
        return (list ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    private IEnumerable<string> Glob(string pattern)
    {
        string start = Folder;
        while (pattern.StartsWith("../"))
        {
            start = Path.GetDirectoryName(start);
            pattern = pattern[3..];
        }
        Regex matcher = Matcher(pattern, start);
        return Directory.EnumerateFiles(start, "*.cs", SearchOption.AllDirectories).Where(file => matcher.IsMatch(file));
    }

    private Regex Matcher(string pattern)
    {
        return Matcher(Path.GetFullPath(Path.Combine(Folder, pattern.Replace("**", "\u0001").Replace("*", "\u0002")))
                           .Replace("\u0001", "**").Replace("\u0002", "*"), "");
    }

    // The globs of MSBuild: "**/" is any number of folders, "*" anything but a slash.
    private static Regex Matcher(string pattern, string start)
    {
        string full = start == "" ? pattern : start + "/" + pattern;
        string expression = Regex.Escape(full).Replace(@"\*\*/", "(.*/)?").Replace(@"\*\*", ".*").Replace(@"\*", "[^/]*");
        return new Regex("^" + expression + "$");
    }
}
