using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>The project files of nanoFramework's own tool chain say what the csproj say.</summary>
public sealed class ProjectFileTests
{
    private static readonly XNamespace MsBuild = "http://schemas.microsoft.com/developer/msbuild/2003";

    [Fact]
    public void Committed_files_are_as_generated()
    {
        Report.None(from file in NanoProjectFiles.All()
                    let path = Path.Combine(Folders.Root, file.Key)
                    where !File.Exists(path) || File.ReadAllText(path) != file.Value
                    select file.Key + ": run tests/NanoSafe/Projects/generate and commit");
    }

    // Read from the file itself, not from the generator: a mistake there must not hide one here.
    [Theory]
    [MemberData(nameof(CompileTests.DeviceAssemblies), MemberType = typeof(CompileTests))]
    public void Csproj_and_nfproj_take_the_same_sources(string project)
    {
        string[] ours = DeviceProject.Load(project).File.Files.ToArray();
        string[] theirs = Sources(NfProject(project)).Where(file => !file.EndsWith("/Properties/AssemblyInfo.cs")).ToArray();
        Report.None(ours.Except(theirs).Select(file => file + " is missing in the nfproj: run tests/NanoSafe/Projects/generate")
            .Concat(theirs.Except(ours).Select(file => file + " is only in the nfproj: run tests/NanoSafe/Projects/generate"))
            .Concat(theirs.GroupBy(file => file).Where(group => group.Count() > 1).Select(group => group.Key + " stands twice")));
    }

    // With the libraries and projects that the nfproj names, and no other.
    [Theory]
    [MemberData(nameof(CompileTests.DeviceAssemblies), MemberType = typeof(CompileTests))]
    public void Nfproj_compiles_with_what_it_names(string project)
    {
        string path = NfProject(project);
        XElement root = XDocument.Load(path).Root;
        Assert.Equal("9.0", root.Descendants(MsBuild + "LangVersion").Single().Value);
        Assert.Contains("NANOFRAMEWORK", root.Descendants(MsBuild + "DefineConstants").Single().Value);
        string[] needed = root.Descendants(MsBuild + "ProjectReference").Select(item => Absolute(path, item)).ToArray();
        Report.None(needed.Where(file => !File.Exists(file)).Select(file => file + " does not exist"));
        DeviceProject[] projects = DeviceProject.All.Where(other => needed.Contains(NfProject(other))).Select(DeviceProject.Load).ToArray();
        Assert.Equal(needed.Length, projects.Length);
        IEnumerable<string> names = root.Descendants(MsBuild + "Reference").Select(item => item.Attribute("Include").Value);

        CSharpCompilation compilation =
            DeviceProject.Compile(DeviceProject.Load(project).Name, Sources(path).Select(DeviceProject.Parse), References.Of(names), projects);
        Report.None(compilation.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error)
            .Select(found => found.ToString()));
    }

    [Theory]
    [MemberData(nameof(CompileTests.DeviceAssemblies), MemberType = typeof(CompileTests))]
    public void Packages_hint_paths_and_nuspec_name_the_same_versions(string project)
    {
        string path = NfProject(project);
        string folder = Path.GetDirectoryName(path);
        string[] pins = XDocument.Load(Path.Combine(folder, "packages.config")).Descendants("package")
            .Select(package => package.Attribute("id").Value + "." + package.Attribute("version").Value).ToArray();
        IEnumerable<string> hints = XDocument.Load(path).Descendants(MsBuild + "HintPath").Select(hint => hint.Value.Split('\\')[^3]);
        IEnumerable<string> package = XDocument.Load(Path.ChangeExtension(path, ".nuspec")).Descendants()
            .Where(item => item.Name.LocalName == "dependency" && item.Attribute("version").Value != "$version$")
            .Select(item => item.Attribute("id").Value + "." + item.Attribute("version").Value);
        Assert.Equal(pins, hints);
        Assert.Equal(pins, package);
    }

    [Fact]
    public void Pins_are_exact_and_of_the_1_x_line()
    {
        // TestFramework counts on its own.
        Report.None(NanoPackage.Pins.Where(pin => !Regex.IsMatch(pin.Version,
                (pin.Assembly == "nanoFramework.TestFramework" ? @"^3\." : @"^1\.") + @"\d+\.\d+$"))
            .Select(pin => pin.Id + " " + pin.Version));
        Report.None(NanoPackage.Pins.Where(pin => !File.Exists(Path.Combine(Folders.Surface, pin.Assembly + ".tsv")))
            .Select(pin => pin.Assembly + " has no recorded surface"));
    }

    [Fact]
    public void Only_the_assembly_with_natives_has_a_native_version()
    {
        string[] with = DeviceProject.All.Where(project => Sources(NfProject(project)).Select(File.ReadAllText)
            .Any(text => Regex.IsMatch(text, @"^\[assembly: .*AssemblyNativeVersion\(", RegexOptions.Multiline))).ToArray();
        Assert.Equal(new[] { "Drivers/Native/MicroLink.Native.csproj" }, with);
    }

    private static string NfProject(string project)
    {
        ProjectFile file = DeviceProject.Load(project).File;
        return Path.Combine(file.Folder, "nanoframework", file.Name, file.Name + ".nfproj");
    }

    private static string[] Sources(string nfproj)
    {
        return XDocument.Load(nfproj).Descendants(MsBuild + "Compile").Select(item => Absolute(nfproj, item)).ToArray();
    }

    private static string Absolute(string nfproj, XElement item)
    {
        return Path.GetFullPath(Path.Combine(Path.GetDirectoryName(nfproj), item.Attribute("Include").Value.Replace('\\', '/')));
    }
}
