using System;
using System.Collections.Generic;
using System.IO;

namespace MicroLink.Tests.NanoSafe;

/// <summary>Writes nanoFramework's project files of the tree it was built in: NanoProjects.</summary>
internal static class Program
{
    public static int Main()
    {
        foreach (KeyValuePair<string, string> file in NanoProjectFiles.All())
        {
            string path = Path.Combine(Folders.Root, file.Key);
            if (File.Exists(path) && File.ReadAllText(path) == file.Value) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(path));
            File.WriteAllText(path, file.Value);
            Console.WriteLine(file.Key);
        }
        return 0;
    }
}
