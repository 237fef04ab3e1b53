using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using MicroLink.Interop.Generator;
using Xunit;

namespace MicroLink.Tests.NanoSafe;

/// <summary>Our order, names and checksum are those of nanoFramework's own tools: four real tables come out.</summary>
public sealed class InteropTableTests
{
    // What the recorded rows do not say. Types: those that a called method's signature names go first. Rows: overrides and the like.
    public static readonly TheoryData<string, string, int[]> Tables = new TheoryData<string, string, int[]>
    {
        { "System.Math", "", Array.Empty<int>() },
        { "nanoFramework.System.Text", "", new[] { 0, 2, 3, 4, 5, 7, 51, 66, 69, 70, 71, 72, 73 } },
        { "nanoFramework.ResourceManager", "System.Resources.ResourceManager", Array.Empty<int>() },
        { "System.IO.Ports", "System.IO.Ports.SerialDataEvent System.IO.Ports.SerialDataReceivedEventArgs "
            + "System.IO.Ports.SerialDataReceivedEventHandler System.IO.Ports.SerialDeviceController System.IO.Ports.SerialPort",
            new[] { 62, 64 } }
    };

    [Theory]
    [MemberData(nameof(Tables))]
    public void Comes_out_as_the_firmware_has_it(string name, string first, int[] isVirtual)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Folders.Root, "tests", "NanoSafe", "InteropTables", name + ".tsv"));
        NativeMethod[] methods = Ordered(Rows(lines, isVirtual), first.Split(' ')).ToArray();
        string[] firmware = lines.SkipWhile(line => !line.StartsWith("# firmware")).Skip(1).Select(line => line.Split('\t')[1]).ToArray();

        Assert.Equal(firmware.Select(entry => entry == "-" ? "-" : entry[(entry.IndexOf('.') + 1)..]),
            methods.Select(method => method.IsExtern ? method.NativeName : "-"));
        Assert.All(firmware.Zip(methods).Where(pair => pair.First != "-"),
            pair => Assert.Contains("_" + pair.Second.NativeClass + ".", pair.First));
        Assert.Contains("native checksum 0x" + NativeChecksum.Of(name, methods).ToString("X8") + " ", lines[0]);
    }

    [Fact]
    public void An_assembly_without_externs_has_checksum_zero()
    {
        NativeMethod method = new NativeMethod("A.B", "C", true, false, false, "System.Void", Array.Empty<NativeParameter>());
        Assert.Equal(0u, NativeChecksum.Of("A", new[] { method, method }));
        Assert.NotEqual(0u, NativeChecksum.Of("A", new[] { method, method with { IsExtern = true } }));
    }

    private static IEnumerable<NativeMethod> Rows(string[] lines, int[] isVirtual)
    {
        return from line in lines.Skip(2).TakeWhile(line => !line.StartsWith('#'))
               let row = line.Split('\t')
               let parameters = row.Length < 7 || row[6] == "" ? Array.Empty<string>() : row[6].Split("; ")
               select new NativeMethod(row[1], row[2], row[3] == "1", isVirtual.Contains(int.Parse(row[0])), row[4] == "1", row[5],
                   parameters.Select((type, i) => new NativeParameter("p" + i, type)).ToArray());
    }

    private static IEnumerable<NativeMethod> Ordered(IEnumerable<NativeMethod> methods, string[] first)
    {
        ILookup<string, NativeMethod> byType = methods.ToLookup(method => method.Type);
        IEnumerable<NativeMethod> rest = TableOrder.Of(methods.Where(method => !first.Contains(method.Type)));
        return first.SelectMany(type => TableOrder.InType(byType[type])).Concat(rest);
    }
}
