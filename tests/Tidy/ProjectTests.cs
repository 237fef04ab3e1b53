using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Xunit;

namespace MicroLink.Tests.Tidy;

/// <summary>Projects list whole folders, package versions are pinned in one place, nothing of this machine is in the tree.</summary>
public sealed class ProjectTests
{
    [Fact]
    public void Projects_list_whole_folders()
    {
        // IEntropy is the one driver interface that machines know. A part of an actor in a file of its own is named twice: taken by
        // MicroLink.Actors, left out by the project of its machine (docs/adr/0001).
        string[] leftOut = Tree.WithExtension(".csproj").Where(project => project.StartsWith("Actors/"))
            .SelectMany(project => Xml(project).Descendants("Compile")).Select(item => item.Attribute("Exclude")).Where(exclude => exclude != null)
            .SelectMany(exclude => exclude.Value.Split(';')).Select(pattern => pattern.Trim()).ToArray();
        Report.None(from project in Tree.WithExtension(".csproj")
                    from item in Xml(project).Descendants("Compile")
                    from pattern in item.Attribute("Include").Value.Split(';')
                    where !pattern.Contains('*') && pattern != "../Drivers/IEntropy.cs"
                          && !(project == "Actors/MicroLink.Actors.csproj" && leftOut.Contains(pattern))
                    select $"{project}: {pattern} names one file");
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Tree.Text("MicroLink.Actors.sln").Replace('\\', '/');
        Report.None(Tree.WithExtension(".csproj").Where(project => !solution.Contains("\"" + project + "\""))
                        .Select(project => project + " is not in the solution"));
    }

    [Fact]
    public void Package_versions_are_pinned_in_one_place()
    {
        Dictionary<string, string> pinned = Xml("Directory.Packages.props").Descendants("PackageVersion")
            .ToDictionary(item => item.Attribute("Include").Value, item => item.Attribute("Version").Value);
        List<string> findings = pinned.Where(pin => !Regex.IsMatch(pin.Value, @"^\d+(\.\d+)+$"))
            .Select(pin => pin.Key + ": " + pin.Value + " is no exact version").ToList();
        foreach (string project in Tree.WithExtension(".csproj", ".props", ".targets").Where(file => file != "Directory.Packages.props"))
        {
            foreach (XElement package in Xml(project).Descendants("PackageReference"))
            {
                string name = package.Attribute("Include").Value;
                if (package.Attribute("Version") != null) { findings.Add(project + ": " + name + " has a version of its own"); }
                if (!pinned.ContainsKey(name)) { findings.Add(project + ": " + name + " is not in Directory.Packages.props"); }
            }
        }
        Report.None(findings);
    }

    [Fact]
    public void No_package_registry_and_no_path_of_this_machine_in_the_tree()
    {
        string[] words = RegistryHosts().Append(Path.GetDirectoryName(Tree.Root) + "/").Append(Tree.Root + "/")
            .Where(word => word.Length > 5).Distinct().ToArray();
        Report.None(from file in Tree.Files
                    where !file.StartsWith("tests/Vectors/")
                    from line in Tree.Lines(file).Select((text, index) => (text, index))
                    from word in words
                    where line.text.Contains(word) && Regex.IsMatch(line.text, @"(?<![\w.-])" + Regex.Escape(word))
                    select $"{file}:{line.index + 1}: names {word}");
    }

    [Fact]
    public void Every_concept_folder_has_its_page()
    {
        string[] folders = Tree.WithExtension(".cs", ".c").Select(Path.GetDirectoryName).Distinct()
            .Where(folder => Regex.IsMatch(folder, @"^(Actors/[^/]+|Runtime(/TestKit)?|Drivers(/[^/]+)?|native|samples/[^/]+|tests/[^/]+)$"))
            .Concat(new[] { "native", "tests" }).Distinct().ToArray();
        Report.None(folders.Where(folder => !Tree.Files.Contains(folder + "/README.md")).Select(folder => folder + " has no README.md"));
    }

    // What the tools of this machine are set up with; the names themselves must not stand in the tree, here neither.
    private static IEnumerable<string> RegistryHosts()
    {
        string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string[] settings = { home + "/.nuget/NuGet/NuGet.Config", home + "/.npmrc", "/etc/npmrc", "/usr/local/etc/npmrc", "/etc/apt/sources.list" };
        string[] lists = Directory.Exists("/etc/apt/sources.list.d") ? Directory.GetFiles("/etc/apt/sources.list.d") : Array.Empty<string>();
        IEnumerable<string> texts = settings.Concat(lists).Where(File.Exists).Select(File.ReadAllText)
            .Append(Environment.GetEnvironmentVariable("npm_config_registry") ?? "");
        IEnumerable<string> inUse = from text in texts
                                    from Match match in Regex.Matches(text, @"https?://([^/ ""\s]+)")
                                    select match.Groups[1].Value;
        return inUse.Concat(new[] { "registry." + "npmjs.org", "api." + "nuget.org", "deb." + "debian.org" });
    }

    private static XDocument Xml(string file) => XDocument.Parse(Tree.Text(file));
}
