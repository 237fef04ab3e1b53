using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MicroLink.Tests.NanoSafe;

/// <summary>
/// The files of nanoFramework's own tool chain for one device assembly, made from its csproj: FOLDER/nanoframework/NAME/ with NAME.nfproj,
/// packages.config, NAME.nuspec and Properties/AssemblyInfo.cs. One solution in Actors/nanoframework holds them all.
/// </summary>
public sealed class NanoProjectFiles
{
    /// <summary>NuGet restores beside the solution, and all hint paths lead there.</summary>
    public const string SolutionFolder = "Actors/nanoframework";

    private const string ProjectType = "{11A8DD76-328B-46DF-9F39-F559912D0360}";
    private const string Note = "Written by tests/NanoSafe/Projects/generate from the csproj; changes here are overwritten.";

    private readonly DeviceProject _project;
    private readonly NanoPackage[] _packages;
    private readonly string _folder;

    private NanoProjectFiles(DeviceProject project)
    {
        _project = project;
        _packages = NanoPackage.For(project.Needs().Append(project).SelectMany(part => part.UsedLibraries()));
        _folder = FolderOf(project);
    }

    /// <summary>Path below the root, then content, of every generated file.</summary>
    public static SortedDictionary<string, string> All()
    {
        SortedDictionary<string, string> files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (NanoProjectFiles project in DeviceProject.All.Select(path => new NanoProjectFiles(DeviceProject.Load(path))))
        {
            files.Add(project._folder + "/" + project.Name + ".nfproj", project.Project());
            files.Add(project._folder + "/packages.config", project.Packages());
            files.Add(project._folder + "/" + project.Name + ".nuspec", project.Package());
            files.Add(project._folder + "/Properties/AssemblyInfo.cs", project.AssemblyInfo());
        }
        files.Add(SolutionFolder + "/MicroLink.nanoFramework.sln", Solution());
        return files;
    }

    private string Name => _project.Name;

    private static string FolderOf(DeviceProject project)
    {
        return Path.GetRelativePath(Folders.Root, project.File.Folder).Replace('\\', '/') + "/nanoframework/" + project.Name;
    }

    // As the tool chain writes paths.
    private static string Relative(string from, string to)
    {
        return Path.GetRelativePath(Path.Combine(Folders.Root, from), Path.Combine(Folders.Root, to)).Replace('/', '\\');
    }

    // Always the same for a name.
    private static string Guid(string name)
    {
        return new Guid(SHA256.HashData(Encoding.UTF8.GetBytes("nanoframework/" + name)).AsSpan(0, 16)).ToString("B").ToUpperInvariant();
    }

    private static string Version =>
        XDocument.Load(Path.Combine(Folders.Root, "Directory.Build.props")).Descendants("Version").First().Value;

    private string Project()
    {
        return $$"""
            <?xml version="1.0" encoding="utf-8"?>
            <!-- {{Note}} -->
            <Project ToolsVersion="Current" DefaultTargets="Build" xmlns="http://schemas.microsoft.com/developer/msbuild/2003">
              <PropertyGroup Label="Globals">
                <NanoFrameworkProjectSystemPath>$(MSBuildExtensionsPath)\nanoFramework\v1.0\</NanoFrameworkProjectSystemPath>
                <!-- The files at the root are for the csproj. -->
                <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
                <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
                <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
              </PropertyGroup>
              <Import Project="$(NanoFrameworkProjectSystemPath)NFProjectSystem.Default.props" Condition="Exists('$(NanoFrameworkProjectSystemPath)NFProjectSystem.Default.props')" />
              <PropertyGroup>
                <Configuration Condition=" '$(Configuration)' == '' ">Debug</Configuration>
                <Platform Condition=" '$(Platform)' == '' ">AnyCPU</Platform>
                <ProjectTypeGuids>{{ProjectType}};{FAE04EC0-301F-11D3-BF4B-00C04F79EFBC}</ProjectTypeGuids>
                <ProjectGuid>{{Guid(Name)}}</ProjectGuid>
                <OutputType>Library</OutputType>
                <AppDesignerFolder>Properties</AppDesignerFolder>
                <FileAlignment>512</FileAlignment>
                <RootNamespace>{{Name}}</RootNamespace>
                <AssemblyName>{{Name}}</AssemblyName>
                <TargetFrameworkVersion>v1.0</TargetFrameworkVersion>
                <LangVersion>9.0</LangVersion>
                <Deterministic>true</Deterministic>
                <DocumentationFile>bin\$(Configuration)\{{Name}}.xml</DocumentationFile>
                <NoWarn>$(NoWarn);1591</NoWarn>
              </PropertyGroup>
              <Import Project="$(NanoFrameworkProjectSystemPath)NFProjectSystem.props" Condition="Exists('$(NanoFrameworkProjectSystemPath)NFProjectSystem.props')" />
              <PropertyGroup>
                <DefineConstants>$(DefineConstants);NANOFRAMEWORK</DefineConstants>
              </PropertyGroup>
              <ItemGroup>
                <Compile Include="Properties\AssemblyInfo.cs" />
            {{Sources()}}
              </ItemGroup>
              <!-- {{NanoPackage.Unverified}}. -->
              <ItemGroup>
            {{ReferencedLibraries()}}
              </ItemGroup>
              <ItemGroup>
                <None Include="packages.config" />
              </ItemGroup>
              <Import Project="$(NanoFrameworkProjectSystemPath)NFProjectSystem.CSharp.targets" Condition="Exists('$(NanoFrameworkProjectSystemPath)NFProjectSystem.CSharp.targets')" />
              <ProjectExtensions>
                <ProjectCapabilities>
                  <ProjectConfigurationsDeclaredAsItems />
                </ProjectCapabilities>
              </ProjectExtensions>
            </Project>

            """;
    }

    private string Sources()
    {
        return string.Join("\n", _project.File.Files.Select(file =>
        {
            string link = Path.GetRelativePath(_project.File.Folder, file).Replace('/', '\\').Replace("..\\", "");
            return $"    <Compile Include=\"{Relative(_folder, file)}\"><Link>{link}</Link></Compile>";
        }));
    }

    private string ReferencedLibraries()
    {
        IEnumerable<string> libraries = _packages.Select(package =>
        {
            string library = $"{SolutionFolder}/packages/{package.Id}.{package.Version}/lib/{package.Assembly}.dll";
            return $"    <Reference Include=\"{package.Assembly}\">\n"
                + $"      <HintPath>{Relative(_folder, library)}</HintPath>\n    </Reference>";
        });
        IEnumerable<string> projects = _project.Needs().Select(needed =>
            $"    <ProjectReference Include=\"{Relative(_folder, FolderOf(needed) + "/" + needed.Name + ".nfproj")}\" />");
        return string.Join("\n", libraries.Concat(projects));
    }

    private string Packages()
    {
        string lines = string.Join("\n", _packages.Select(package =>
            $"  <package id=\"{package.Id}\" version=\"{package.Version}\" targetFramework=\"netnano1.0\" />"));
        return $$"""
            <?xml version="1.0" encoding="utf-8"?>
            <!-- {{Note}} -->
            <packages>
              <!-- {{NanoPackage.Unverified}}. -->
            {{lines}}
            </packages>

            """;
    }

    private string Package()
    {
        string dependencies = string.Join("\n", _packages
            .Select(package => $"      <dependency id=\"{package.Id}\" version=\"{package.Version}\" />")
            .Concat(_project.Needs().Select(needed => $"      <dependency id=\"{needed.Name}\" version=\"$version$\" />")));
        string files = string.Join("\n", new[] { "dll", "pdb", "pdbx", "pe", "xml" }
            .Select(kind => $"    <file src=\"bin\\Release\\{Name}.{kind}\" target=\"lib\\{Name}.{kind}\" />"));
        string firmware = NativeVersion() == null ? "" : $" It needs a firmware with {Name} {NativeVersion()} inside.";
        return $$"""
            <?xml version="1.0" encoding="utf-8"?>
            <!-- {{Note}} -->
            <package xmlns="http://schemas.microsoft.com/packaging/2012/06/nuspec.xsd">
              <metadata>
                <id>{{Name}}</id>
                <version>$version$</version>
                <title>{{Name}}</title>
                <authors>MicroLink.Actors</authors>
                <requireLicenseAcceptance>false</requireLicenseAcceptance>
                <license type="file">LICENSE</license>
                <readme>README.md</readme>
                <description>{{Name}} for nanoFramework 1.x: part of a Tailscale-compatible VPN node for ESP32.{{firmware}}</description>
                <tags>nanoFramework netnano1.0 ESP32 VPN WireGuard actors</tags>
                <dependencies>
                  <!-- {{NanoPackage.Unverified}}. -->
            {{dependencies}}
                </dependencies>
              </metadata>
              <files>
            {{files}}
                <file src="{{Relative(_folder, "LICENSE")}}" target="" />
                <file src="{{Relative(_folder, "README.md")}}" target="" />
              </files>
            </package>

            """;
    }

    private string AssemblyInfo()
    {
        IEnumerable<string> friends = _project.File.Friends
            .Where(friend => DeviceProject.All.Any(path => Path.GetFileNameWithoutExtension(path) == friend))
            .Select(friend => $"[assembly: InternalsVisibleTo(\"{friend}\")]\n");
        string native = NativeVersion() == null ? ""
            : $"// AssemblyNativeVersion(\"{NativeVersion()}\") stands in the sources: "
                + "both builds and the firmware's method table take it from there.\n";
        return $$"""
            // {{Note}}
            using System.Reflection;
            using System.Runtime.CompilerServices;

            [assembly: AssemblyTitle("{{Name}}")]
            [assembly: AssemblyCompany("MicroLink.Actors")]
            [assembly: AssemblyProduct("MicroLink.Actors")]
            [assembly: AssemblyCopyright("MIT")]
            [assembly: AssemblyVersion("{{Version}}.0")]
            [assembly: AssemblyFileVersion("{{Version}}.0")]

            """ + string.Concat(friends) + native;
    }

    /// <summary>The argument of AssemblyNativeVersion in the sources, or null.</summary>
    private string NativeVersion()
    {
        return _project.File.Files.Select(file => Regex.Match(File.ReadAllText(file), "AssemblyNativeVersion\\(\"([0-9.]+)\"\\)"))
            .Where(match => match.Success).Select(match => match.Groups[1].Value).SingleOrDefault();
    }

    private static string Solution()
    {
        DeviceProject[] projects = DeviceProject.All.Select(DeviceProject.Load).ToArray();
        StringBuilder text = new StringBuilder("Microsoft Visual Studio Solution File, Format Version 12.00\n# " + Note + "\n");
        foreach (DeviceProject project in projects)
        {
            string path = Relative(SolutionFolder, FolderOf(project) + "/" + project.Name + ".nfproj");
            text.Append($"Project(\"{ProjectType}\") = \"{project.Name}\", \"{path}\", \"{Guid(project.Name)}\"\nEndProject\n");
        }
        text.Append("Global\n\tGlobalSection(SolutionConfigurationPlatforms) = preSolution\n");
        foreach (string configuration in new[] { "Debug", "Release" }) text.Append($"\t\t{configuration}|Any CPU = {configuration}|Any CPU\n");
        text.Append("\tEndGlobalSection\n\tGlobalSection(ProjectConfigurationPlatforms) = postSolution\n");
        foreach (DeviceProject project in projects)
        {
            foreach (string configuration in new[] { "Debug", "Release" })
            {
                foreach (string step in new[] { "ActiveCfg", "Build.0", "Deploy.0" })
                {
                    text.Append($"\t\t{Guid(project.Name)}.{configuration}|Any CPU.{step} = {configuration}|Any CPU\n");
                }
            }
        }
        return text.Append("\tEndGlobalSection\nEndGlobal\n").ToString();
    }
}
