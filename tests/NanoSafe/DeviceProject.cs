using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace MicroLink.Tests.NanoSafe;

/// <summary>A device assembly as its csproj describes it, compiled as nanoFramework's tool chain would: C# 9, NANOFRAMEWORK.</summary>
public sealed class DeviceProject
{
    private static readonly Dictionary<string, DeviceProject> Loaded = new Dictionary<string, DeviceProject>();

    private DeviceProject(string path)
    {
        Folder = Path.GetDirectoryName(path);
        Name = Path.GetFileNameWithoutExtension(path);
        XElement project = XDocument.Load(path).Root;
        Files = SourceFiles(project);
        DependsOn = project.Descendants("ProjectReference")
            .Select(reference => Load(Path.GetFullPath(Path.Combine(Folder, reference.Attribute("Include").Value)))).ToArray();
        Friends = project.Descendants("InternalsVisibleTo").Select(friend => friend.Attribute("Include").Value).ToArray();
        Compilation = Compile();
    }

    public string Name { get; }
    public string Folder { get; }
    public IReadOnlyList<string> Files { get; }
    public IReadOnlyList<DeviceProject> DependsOn { get; }
    public IReadOnlyList<string> Friends { get; }
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

    private CSharpCompilation Compile()
    {
        List<SyntaxTree> trees = Files.Select(file =>
            CSharpSyntaxTree.ParseText(File.ReadAllText(file), ParseOptions, Path.GetRelativePath(Folders.Root, file))).ToList();
        const string Attribute = "System.Runtime.CompilerServices.InternalsVisibleTo";
        string friends = string.Concat(Friends.Select(friend => $"[assembly: {Attribute}(\"{friend}\")]\n"));
        trees.Add(CSharpSyntaxTree.ParseText(friends, ParseOptions, "InternalsVisibleTo.cs"));
        IEnumerable<MetadataReference> projects = DependsOn.SelectMany(project => project.All()).Distinct()
            .Select(project => project.Compilation.ToMetadataReference());
        CSharpCompilationOptions options =
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, optimizationLevel: OptimizationLevel.Release);
        return CSharpCompilation.Create(Name, trees, References.Shared.Concat(projects), options);
    }

    private IEnumerable<DeviceProject> All() => DependsOn.SelectMany(project => project.All()).Append(this);

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
