using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.IO;
using System.Linq;

namespace MicroLink.Tests.Tidy;

/// <summary>The files of this project as git sees them: tracked, or new and not ignored.</summary>
public static class Tree
{
    public static readonly string Root = FindRoot();

    /// <summary>Paths relative to the root, with forward slashes, sorted.</summary>
    public static readonly IReadOnlyList<string> Files = ListFiles();

    public static IEnumerable<string> WithExtension(params string[] extensions)
    {
        return Files.Where(file => extensions.Contains(Path.GetExtension(file)));
    }

    public static string Text(string file) => File.ReadAllText(Path.Combine(Root, file));

    public static string[] Lines(string file) => File.ReadAllLines(Path.Combine(Root, file));

    private static IReadOnlyList<string> ListFiles()
    {
        ProcessStartInfo start = new ProcessStartInfo("git", "ls-files --cached --others --exclude-standard")
        {
            WorkingDirectory = Root, RedirectStandardOutput = true
        };
        using Process git = Process.Start(start);
        string[] files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        git.WaitForExit();
        return files.Where(file => File.Exists(Path.Combine(Root, file))).Order(StringComparer.Ordinal).ToArray();
    }

    private static string FindRoot()
    {
        for (DirectoryInfo folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MicroLink.Actors.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException("no MicroLink.Actors.sln above " + AppContext.BaseDirectory);
    }
}
