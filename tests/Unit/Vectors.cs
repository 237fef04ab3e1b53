using System;
using System.IO;

namespace MicroLink.Tests.Unit;

/// <summary>The test vectors in tests/Vectors, found from wherever the tests run: C reads the same files.</summary>
public static class Vectors
{
    /// <summary>The folder that holds MicroLink.Actors.sln.</summary>
    public static readonly string Root = FindRoot();

    /// <summary>The full path of a vector file, e.g. Path("wycheproof/x25519_test.json"). Throws when it is not there.</summary>
    public static string Path(string name)
    {
        string path = System.IO.Path.Combine(Root, "tests", "Vectors", name);
        if (!File.Exists(path) && !Directory.Exists(path))
        {
            throw new FileNotFoundException("no such test vector: " + path);
        }
        return path;
    }

    public static byte[] Bytes(string name) => File.ReadAllBytes(Path(name));

    public static string Text(string name) => File.ReadAllText(Path(name));

    /// <summary>The files of a vector folder in ordinal order, so that every machine runs them in the same order.</summary>
    public static string[] Files(string folder, string pattern = "*")
    {
        string[] files = Directory.GetFiles(Path(folder), pattern);
        Array.Sort(files, StringComparer.Ordinal);
        return files;
    }

    private static string FindRoot()
    {
        for (DirectoryInfo folder = new DirectoryInfo(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "MicroLink.Actors.sln")))
            {
                return folder.FullName;
            }
        }
        throw new DirectoryNotFoundException("no MicroLink.Actors.sln above " + AppContext.BaseDirectory);
    }
}
