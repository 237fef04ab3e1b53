using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace MicroLink.Interop.Generator;

/// <summary>All files of one assembly by name: pure, so that the tests compare them with the committed ones.</summary>
public static class GeneratedFiles
{
    public static SortedDictionary<string, string> Of(NativeAssembly device, NativeAssembly desktop)
    {
        SortedDictionary<string, string> files = new SortedDictionary<string, string>(System.StringComparer.Ordinal)
        {
            [device.Symbol + ".h"] = TableWriter.Header(device),
            [device.Symbol + ".cpp"] = TableWriter.Table(device),
            [device.Symbol + ".map"] = ExportWriter.VersionScript(device.Name, desktop.Imports)
        };
        foreach (IGrouping<string, NativeMethod> type in device.Externs.GroupBy(method => method.Type))
        {
            files.Add(device.Symbol + "_" + type.Key[(type.Key.LastIndexOf('.') + 1)..] + ".cpp", MarshallingWriter.Class(device, type));
        }
        return files;
    }

    /// <summary>Names of files that are missing, surplus or differ.</summary>
    public static string[] Differences(IReadOnlyDictionary<string, string> files, string folder)
    {
        IEnumerable<string> present = Directory.Exists(folder) ? Directory.GetFiles(folder).Select(Path.GetFileName) : new string[0];
        return present.Union(files.Keys).OrderBy(name => name, System.StringComparer.Ordinal).Where(Differs).ToArray();

        bool Differs(string name)
        {
            string path = Path.Combine(folder, name);
            return !files.TryGetValue(name, out string text) || !File.Exists(path) || File.ReadAllText(path) != text;
        }
    }

    /// <summary>Makes the folder hold exactly these files.</summary>
    public static void Write(IReadOnlyDictionary<string, string> files, string folder)
    {
        Directory.CreateDirectory(folder);
        foreach (string name in Differences(files, folder))
        {
            string path = Path.Combine(folder, name);
            if (files.TryGetValue(name, out string text)) File.WriteAllText(path, text);
            else File.Delete(path);
        }
    }
}
