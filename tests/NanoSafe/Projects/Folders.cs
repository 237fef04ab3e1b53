using System;
using System.IO;

namespace MicroLink.Tests.NanoSafe;

public static class Folders
{
    public static readonly string Root = FindRoot();

    public static string Surface => Path.Combine(Root, "tests", "NanoSafe", "Surface");

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
